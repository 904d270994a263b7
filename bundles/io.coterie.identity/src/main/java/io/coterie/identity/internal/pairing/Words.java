package io.coterie.identity.internal.pairing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Bits as words that are told apart by ear: the English list of BIP-39, 2048 words, 11 bits each.
 */
final class Words {
  /** 33 bits: with a commitment before, one guess in eight thousand million passes. */
  private static final int COUNT = 3;

  private static final int BITS = 11;
  private static final int SIZE = 1 << BITS;
  private final List<String> list;

  Words() {
    try (InputStream in = Words.class.getResourceAsStream("words.txt");
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))) {
      list = lines.lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (list.size() != SIZE) {
      throw new IllegalStateException("a list of " + list.size() + " words");
    }
  }

  /** The first bits of a digest, as words with hyphens between. */
  String of(byte[] digest) {
    StringBuilder words = new StringBuilder();
    long bits = 0;
    for (int i = 0; i < Long.BYTES; i++) {
      bits = bits << 8 | (digest[i] & 0xff);
    }
    for (int i = 0; i < COUNT; i++) {
      int index = (int) (bits >>> (Long.SIZE - BITS * (i + 1))) & (SIZE - 1);
      words.append(i == 0 ? "" : "-").append(list.get(index));
    }
    return words.toString();
  }
}
