package io.coterie.volume.internal.format;

import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.Hkdf;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The master key of a volume and what is derived from it (HKDF-SHA-256). Thread-safe until closed.
 */
public final class VolumeKeys implements AutoCloseable {
  public static final int MASTER_BYTES = 32;
  private static final int PAIR_BYTES = 64;

  private final byte[] volumeId;
  private final String cipher;
  private final byte[] master;
  private volatile boolean closed;

  /** Takes a copy of the master key. */
  public VolumeKeys(byte[] volumeId, String cipher, byte[] master) {
    this.volumeId = volumeId.clone();
    this.cipher = cipher;
    this.master = master.clone();
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
    checkOpen();
    byte[] info = new ByteWriter().text("coterie-file-v1").text(file).raw(volumeId).toByteArray();
    byte[] key = Hkdf.derive(master, new byte[0], info, Sizes.HASH);
    try {
      return Hkdf.hmac(key, body);
    } finally {
      Arrays.fill(key, (byte) 0);
    }
  }

  /** Names the key without telling anything of it: 64 hexadecimal digits. */
  public String fingerprint() {
    checkOpen();
    byte[] info = new ByteWriter().text("coterie-key-id-v1").raw(volumeId).toByteArray();
    return HexFormat.of().formatHex(Hkdf.derive(master, new byte[0], info, Sizes.HASH));
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("the keys of the volume are gone");
    }
  }

  private SegmentKeys pair(String label, long number, byte[] salt) {
    checkOpen();
    byte[] info = new ByteWriter().text(label).raw(volumeId).u64(number).text(cipher).toByteArray();
    byte[] material = Hkdf.derive(master, salt, info, PAIR_BYTES);
    try {
      return new SegmentKeys(material);
    } finally {
      Arrays.fill(material, (byte) 0);
    }
  }

  @Override
  public void close() {
    closed = true;
    Arrays.fill(master, (byte) 0);
  }
}
