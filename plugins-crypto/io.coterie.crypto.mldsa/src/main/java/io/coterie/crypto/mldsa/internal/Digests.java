package io.coterie.crypto.mldsa.internal;

import io.coterie.base.codec.Sha256;
import java.util.HexFormat;

/** SHA-256 in hexadecimal digits, for self-tests. */
final class Digests {
  private Digests() {}

  static String sha256(byte[] bytes) {
    return HexFormat.of().formatHex(Sha256.of(bytes));
  }
}
