package io.coterie.crypto.api;

import java.io.IOException;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Keeps the device's own private keys at rest. The service is there only while the vault is open:
 * whoever needs those keys waits for it. Thread-safe.
 */
@ProviderType
public interface KeyVault {
  /**
   * What a vault holds.
   *
   * @param publicPart authenticated, not encrypted; at most 32 KiB
   * @param secrets encrypted; at most 4 KiB; whoever gets them wipes them
   */
  record Content(byte[] publicPart, byte[] secrets) {
    @Override
    public String toString() {
      return "Content";
    }
  }

  /** The content, or empty before the first was stored. */
  Optional<Content> load();

  /** Replaces the content: wholly there after a crash, or not at all. The caller wipes its own. */
  void store(Content content) throws IOException;
}
