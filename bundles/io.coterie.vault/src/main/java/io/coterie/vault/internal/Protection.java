package io.coterie.vault.internal;

import java.nio.file.Path;

/** A wish: one way by which the vault shall open. */
public sealed interface Protection {
  /**
   * A key file.
   *
   * @param file where; null for one in the device's home
   */
  record KeyFile(Path file) implements Protection {}

  /**
   * A passphrase.
   *
   * @param secret UTF-8; the caller wipes it afterwards
   */
  record Passphrase(byte[] secret) implements Protection {
    @Override
    public String toString() {
      return "Passphrase";
    }
  }

  /**
   * The state of a TPM.
   *
   * @param tcti where it is, for instance {@code device:/dev/tpmrm0}
   * @param pcrs which registers count, for instance {@code sha256:7}
   */
  record TpmState(String tcti, String pcrs) implements Protection {
    /** The kernel's resource manager of the first TPM. */
    public static final String DEFAULT_TCTI = "device:/dev/tpmrm0";

    /** The state of secure boot. */
    public static final String DEFAULT_PCRS = "sha256:7";
  }
}
