package io.coterie.volume.internal.format;

import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.Hkdf;
import io.coterie.crypto.api.DestroyableKey;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The master key of a volume and what is derived from it (HKDF-SHA-256). The master key is outside
 * the heap. Thread-safe; throws once closed.
 */
public final class VolumeKeys implements AutoCloseable {
  public static final int MASTER_BYTES = 32;
  private static final int PAIR_BYTES = 64;
  private static final byte[] NO_SALT = new byte[0];

  private final byte[] volumeId;
  private final String cipher;
  private final DestroyableKey master;

  /** Takes a copy of the master key. */
  public VolumeKeys(byte[] volumeId, String cipher, byte[] master) {
    this.volumeId = volumeId.clone();
    this.cipher = cipher;
    this.master = new DestroyableKey(master);
  }

  byte[] volumeId() {
    return volumeId;
  }

  /** The keys of a segment under its salt. */
  public SegmentKeys segment(long segmentId, byte[] salt) {
    return pair("coterie-segment-v1", segmentId, salt);
  }

  /** The keys of a checkpoint file under its salt. */
  public SegmentKeys checkpoint(long number, byte[] salt) {
    return pair("coterie-checkpoint-v1", number, salt);
  }

  /** Authenticates the small files of the volume. */
  public byte[] fileMac(String file, byte[] body) {
    byte[] info = new ByteWriter().text("coterie-file-v1").text(file).raw(volumeId).toByteArray();
    byte[] key = derive(NO_SALT, info, Sizes.HASH);
    try {
      return Hkdf.hmac(key, body);
    } finally {
      Arrays.fill(key, (byte) 0);
    }
  }

  /** Names the key without telling anything of it: 64 hexadecimal digits. */
  public String fingerprint() {
    byte[] info = new ByteWriter().text("coterie-key-id-v1").raw(volumeId).toByteArray();
    return HexFormat.of().formatHex(derive(NO_SALT, info, Sizes.HASH));
  }

  /** Throws when the keys are gone. */
  private byte[] derive(byte[] salt, byte[] info, int lengthBytes) {
    byte[] copy = master.getEncoded();
    try {
      return Hkdf.derive(copy, salt, info, lengthBytes);
    } finally {
      Arrays.fill(copy, (byte) 0);
    }
  }

  private SegmentKeys pair(String label, long number, byte[] salt) {
    byte[] info = new ByteWriter().text(label).raw(volumeId).u64(number).text(cipher).toByteArray();
    byte[] material = derive(salt, info, PAIR_BYTES);
    try {
      return new SegmentKeys(material);
    } finally {
      Arrays.fill(material, (byte) 0);
    }
  }

  @Override
  public void close() {
    master.destroy();
  }
}
