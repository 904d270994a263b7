package io.coterie.vault.internal;

import io.coterie.base.codec.MalformedInputException;
import java.util.Arrays;

/** A fuzz target: the identity file, which somebody else may have written. */
public final class VaultFileFuzz {
  private VaultFileFuzz() {}

  /** The target: whatever is taken for a vault file has exactly these bytes. */
  public static void fuzzerTestOneInput(byte[] bytes) {
    try {
      VaultFile file = VaultFile.decode(bytes);
      if (!Arrays.equals(bytes, file.encode())) {
        throw new IllegalStateException("one file has two encodings");
      }
      file.slots().forEach(slot -> Tpm.words(slot.parameters()));
    } catch (MalformedInputException e) {
      // refused
    }
  }
}
