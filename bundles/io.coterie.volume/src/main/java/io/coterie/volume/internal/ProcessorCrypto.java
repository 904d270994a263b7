package io.coterie.volume.internal;

import io.coterie.crypto.api.Aead;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Whether this processor has AES instructions; without them ChaCha20 is faster and constant-time.
 */
final class ProcessorCrypto {
  private ProcessorCrypto() {}

  static String preferredCipher() {
    return hasAes() ? Aead.AES_256_GCM : Aead.CHACHA20_POLY1305;
  }

  private static boolean hasAes() {
    try {
      List<String> lines = Files.readAllLines(Path.of("/proc/cpuinfo"));
      return lines.stream()
          .filter(l -> l.startsWith("flags") || l.startsWith("Features"))
          .anyMatch(l -> (" " + l + " ").contains(" aes "));
    } catch (IOException e) {
      return false;
    }
  }
}
