package io.coterie.volume.internal.format;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * The file {@code volume}: what never changes of a volume, and its master key wrapped for each
 * recipient.
 */
public record VolumeHeader(
    byte[] volumeId, long sizeBytes, String cipher, long createdMillis, List<Slot> slots) {
  public static final String FILE = "volume";
  public static final int MAX_FILE_BYTES = 256 * 1024;
  private static final byte[] MAGIC = "COTVOLUM".getBytes(StandardCharsets.US_ASCII);
  private static final int MAX_SLOTS = 64;
  private static final int MAX_BOX_BYTES = 8192;

  /**
   * The master key for one device.
   *
   * @param box sealed to the device's hybrid KEM key
   */
  public record Slot(byte[] deviceId, byte[] box) {}

  public VolumeHeader {
    slots = List.copyOf(slots);
  }

  /** The purpose that binds a sealed master key to its volume. */
  public String keyPurpose() {
    return "coterie-volume-key:" + HexFormat.of().formatHex(volumeId);
  }

  private byte[] body() {
    ByteWriter out =
        new ByteWriter()
            .raw(MAGIC)
            .u8(Sizes.VERSION)
            .raw(volumeId)
            .u64(sizeBytes)
            .text(cipher)
            .u64(createdMillis)
            .u8(slots.size());
    slots.forEach(slot -> out.raw(slot.deviceId()).bytes(slot.box()));
    return out.toByteArray();
  }

  public byte[] encode(VolumeKeys keys) {
    byte[] body = body();
    return new ByteWriter().raw(body).raw(keys.fileMac(FILE, body)).toByteArray();
  }

  /** Reads without a key: nothing of it may be trusted before {@link #authenticate}. */
  public static VolumeHeader decode(byte[] bytes) throws MalformedInputException {
    ByteReader in = new ByteReader(bytes);
    if (!Arrays.equals(in.raw(MAGIC.length), MAGIC)) {
      throw new MalformedInputException("no volume header");
    }
    int version = in.u8();
    if (version != Sizes.VERSION) {
      throw new MalformedInputException("volume format version " + version + " is unknown");
    }
    byte[] id = in.raw(Sizes.VOLUME_ID);
    long size = in.u64();
    String cipher = in.text(64);
    long created = in.u64();
    int count = in.u8();
    if (size < Sizes.MIN_VOLUME || size > Sizes.MAX_VOLUME || size % Sizes.BLOCK != 0) {
      throw new MalformedInputException("a volume of " + size + " bytes");
    }
    if (count > MAX_SLOTS) {
      throw new MalformedInputException(count + " key slots");
    }
    List<Slot> slots = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      slots.add(new Slot(in.raw(32), in.bytes(MAX_BOX_BYTES)));
    }
    in.raw(Sizes.HASH);
    in.end();
    return new VolumeHeader(id, size, cipher, created, slots);
  }

  /** Checks the bytes that {@link #decode} read, now that the key is known. */
  public void authenticate(byte[] bytes, VolumeKeys keys) throws MalformedInputException {
    byte[] mac = Arrays.copyOfRange(bytes, bytes.length - Sizes.HASH, bytes.length);
    if (!MessageDigest.isEqual(mac, keys.fileMac(FILE, body()))) {
      throw new MalformedInputException("the volume header was altered");
    }
  }
}
