package io.coterie.volume.internal.format;

import io.coterie.crypto.api.DestroyableKey;
import java.util.Arrays;

/**
 * The keys of one segment: one seals its blocks, one authenticates its descriptors. A segment key
 * seals each block index at most once, so the index is the nonce.
 */
public final class SegmentKeys implements AutoCloseable {
  private final DestroyableKey dataKey;
  private final byte[] macKey;

  SegmentKeys(byte[] material) {
    byte[] data = Arrays.copyOf(material, 32);
    this.dataKey = new DestroyableKey(data);
    this.macKey = Arrays.copyOfRange(material, 32, 64);
    Arrays.fill(data, (byte) 0);
  }

  public DestroyableKey dataKey() {
    return dataKey;
  }

  byte[] macKey() {
    return macKey;
  }

  @Override
  public void close() {
    dataKey.destroy();
    Arrays.fill(macKey, (byte) 0);
  }
}
