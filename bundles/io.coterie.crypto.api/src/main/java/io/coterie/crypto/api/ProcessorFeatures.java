package io.coterie.crypto.api;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which cryptographic instructions the processor has, in the words of ARM; the counterparts of x86
 * count for them.
 *
 * @param aes AES rounds (x86: aes)
 * @param sha1 SHA-1 rounds (x86: sha_ni)
 * @param sha2 SHA-256 rounds (x86: sha_ni)
 * @param pmull carry-less multiplication for GCM (x86: pclmulqdq)
 */
public record ProcessorFeatures(boolean aes, boolean sha1, boolean sha2, boolean pmull) {
  private static final Path CPUINFO = Path.of("/proc/cpuinfo");

  /** Those of this machine; none where the kernel does not say. */
  public static ProcessorFeatures ofThisMachine() {
    try {
      return parse(Files.readAllLines(CPUINFO));
    } catch (IOException e) {
      return new ProcessorFeatures(false, false, false, false);
    }
  }

  /** From the lines of {@code /proc/cpuinfo}. */
  public static ProcessorFeatures parse(List<String> lines) {
    Set<String> words = new HashSet<>();
    for (String line : lines) {
      if (line.startsWith("flags") || line.startsWith("Features")) {
        words.addAll(List.of(line.substring(line.indexOf(':') + 1).trim().split("\\s+")));
        break;
      }
    }
    boolean shaNi = words.contains("sha_ni");
    return new ProcessorFeatures(
        words.contains("aes"),
        shaNi || words.contains("sha1"),
        shaNi || words.contains("sha2"),
        words.contains("pclmulqdq") || words.contains("pmull"));
  }

  /** How many of the four there are. */
  public int count() {
    return (aes ? 1 : 0) + (sha1 ? 1 : 0) + (sha2 ? 1 : 0) + (pmull ? 1 : 0);
  }

  /** The AEAD that is fast and constant-time here. */
  public String preferredAead() {
    return aes && pmull ? Aead.AES_256_GCM : Aead.CHACHA20_POLY1305;
  }
}
