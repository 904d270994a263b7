package io.coterie.volume.internal.format;

import io.coterie.crypto.api.Aead;
import java.util.List;
import java.util.Random;

/** Keys and headers that can be made again. */
public final class TestKeys {
  private TestKeys() {}

  /** The same for the same id and seed. */
  public static VolumeKeys of(byte[] volumeId, long seed) {
    Random random = new Random(seed);
    return VolumeKeys.fresh(volumeId, Aead.AES_256_GCM, random::nextBytes, 0);
  }

  /** A header as far as an engine looks at it. */
  public static VolumeHeader header(byte[] volumeId, long sizeBytes) {
    return new VolumeHeader(
        volumeId,
        1,
        sizeBytes,
        Aead.AES_256_GCM,
        VolumeHeader.NO_COMPRESSION,
        0,
        VolumeHeader.Rekeying.NONE,
        List.of(),
        new byte[Aead.NONCE_BYTES],
        new byte[0]);
  }
}
