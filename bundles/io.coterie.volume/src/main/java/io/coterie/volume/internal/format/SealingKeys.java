package io.coterie.volume.internal.format;

import io.coterie.crypto.api.DestroyableKey;
import java.util.Arrays;

/**
 * Two keys that belong together: one for the AEAD, one for HMAC-SHA-256. A segment has such a pair,
 * and the header of a volume. Thread-safe.
 */
public final class SealingKeys implements AutoCloseable {
  public static final int BYTES = 64;

  private final DestroyableKey dataKey;
  private final byte[] macKey;

  /** Takes a copy of 64 bytes; the caller wipes its own. */
  public SealingKeys(byte[] material) {
    byte[] data = Arrays.copyOf(material, BYTES / 2);
    this.dataKey = new DestroyableKey(data);
    this.macKey = Arrays.copyOfRange(material, BYTES / 2, BYTES);
    Arrays.fill(data, (byte) 0);
  }

  public DestroyableKey dataKey() {
    return dataKey;
  }

  public byte[] macKey() {
    return macKey;
  }

  @Override
  public void close() {
    dataKey.destroy();
    Arrays.fill(macKey, (byte) 0);
  }
}
