package io.coterie.volume.internal.format;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.Hkdf;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.seam.Entropy;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.AuthenticationFailedException;
import io.coterie.crypto.api.DestroyableKey;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * The file {@code volume}: what rarely changes of a volume, its keys sealed under a wrapping key,
 * and that wrapping key sealed to each recipient.
 *
 * @param generation 1 when made, and one more each time it is written
 * @param nonce of the sealed key table
 */
public record VolumeHeader(
    byte[] volumeId,
    long generation,
    long sizeBytes,
    String cipher,
    String compression,
    long createdMillis,
    Rekeying rekeying,
    List<KeySlot> slots,
    byte[] nonce,
    byte[] keyTable) {
  public static final String FILE = "volume";
  public static final String COPY_FILE = "volume.copy";
  public static final int MAX_FILE_BYTES = 700_000;
  public static final String NO_COMPRESSION = "none";
  private static final byte[] MAGIC = "COTVOLUM".getBytes(StandardCharsets.US_ASCII);
  private static final int MAX_TABLE_BYTES = 65536;

  /**
   * What was asked for about new keys.
   *
   * @param paused true while blocks of old epochs are left as they are
   * @param everyMillis how old a key may become, 0 for any age
   */
  public record Rekeying(boolean paused, long everyMillis) {
    public static final Rekeying NONE = new Rekeying(false, 0);
  }

  public VolumeHeader {
    slots = List.copyOf(slots);
    if (slots.size() > KeySlot.MAX_SLOTS) {
      throw new IllegalArgumentException(slots.size() + " key slots");
    }
  }

  /** The same with another size, to be sealed anew. */
  public VolumeHeader resized(long newSizeBytes) {
    return new VolumeHeader(
        volumeId,
        generation,
        newSizeBytes,
        cipher,
        compression,
        createdMillis,
        rekeying,
        slots,
        nonce,
        keyTable);
  }

  /** What a header is made of before its keys are sealed. */
  public static VolumeHeader seal(
      byte[] volumeId,
      long generation,
      long sizeBytes,
      String compression,
      long createdMillis,
      Rekeying rekeying,
      List<KeySlot> slots,
      VolumeKeys keys,
      DestroyableKey wrapping,
      Aead aead,
      Entropy entropy) {
    byte[] nonce = entropy.bytes(Aead.NONCE_BYTES);
    byte[] clear = keys.encode();
    byte[] sealed = new byte[clear.length + Aead.TAG_BYTES];
    try (SealingKeys pair = pair(volumeId, wrapping)) {
      aead.newContext().seal(pair.dataKey(), nonce, volumeId, clear, 0, clear.length, sealed, 0);
    } finally {
      Arrays.fill(clear, (byte) 0);
    }
    return new VolumeHeader(
        volumeId,
        generation,
        sizeBytes,
        aead.algorithm(),
        compression,
        createdMillis,
        rekeying,
        slots,
        nonce,
        sealed);
  }

  private static SealingKeys pair(byte[] volumeId, DestroyableKey wrapping) {
    byte[] secret = wrapping.getEncoded();
    byte[] info = new ByteWriter().text("coterie-header-v2").raw(volumeId).toByteArray();
    byte[] material = Hkdf.derive(secret, new byte[0], info, SealingKeys.BYTES);
    try {
      return new SealingKeys(material);
    } finally {
      Arrays.fill(material, (byte) 0);
      Arrays.fill(secret, (byte) 0);
    }
  }

  /** The purpose that binds a sealed wrapping key to its volume. */
  public static String keyPurpose(byte[] volumeId) {
    return "coterie-volume-key:" + HexFormat.of().formatHex(volumeId);
  }

  private byte[] body() {
    ByteWriter out =
        new ByteWriter()
            .raw(MAGIC)
            .u8(Sizes.VERSION)
            .raw(volumeId)
            .u64(generation)
            .u64(sizeBytes)
            .text(cipher)
            .text(compression)
            .u64(createdMillis)
            .u8(rekeying.paused() ? 1 : 0)
            .u64(rekeying.everyMillis());
    KeySlot.encodeAll(slots, out);
    return out.raw(nonce).bytes(keyTable).toByteArray();
  }

  public byte[] encode(DestroyableKey wrapping) {
    byte[] body = body();
    try (SealingKeys pair = pair(volumeId, wrapping)) {
      return new ByteWriter().raw(body).raw(Hkdf.hmac(pair.macKey(), body)).toByteArray();
    }
  }

  /** Reads without a key: nothing of it may be trusted before {@link #open}. */
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
    long generation = in.u64();
    long size = in.u64();
    String cipher = in.text(64);
    String compression = in.text(16);
    long created = in.u64();
    Rekeying rekeying = new Rekeying(flag(in), in.u64());
    if (size < Sizes.MIN_VOLUME || size > Sizes.MAX_VOLUME || size % Sizes.BLOCK != 0) {
      throw new MalformedInputException("a volume of " + size + " bytes");
    }
    List<KeySlot> slots = KeySlot.decodeAll(in);
    byte[] nonce = in.raw(Aead.NONCE_BYTES);
    byte[] table = in.bytes(MAX_TABLE_BYTES);
    in.raw(Sizes.HASH);
    in.end();
    return new VolumeHeader(
        id, generation, size, cipher, compression, created, rekeying, slots, nonce, table);
  }

  private static boolean flag(ByteReader in) throws MalformedInputException {
    int value = in.u8();
    if (value > 1) {
      throw new MalformedInputException(value + " is neither yes nor no");
    }
    return value == 1;
  }

  /**
   * Checks the bytes that {@link #decode} read, now that the wrapping key is known, and opens the
   * key table.
   */
  public VolumeKeys open(byte[] bytes, DestroyableKey wrapping, Aead aead)
      throws MalformedInputException {
    byte[] body = Arrays.copyOf(bytes, bytes.length - Sizes.HASH);
    byte[] code = Arrays.copyOfRange(bytes, body.length, bytes.length);
    try (SealingKeys pair = pair(volumeId, wrapping)) {
      if (!MessageDigest.isEqual(code, Hkdf.hmac(pair.macKey(), body))) {
        throw new MalformedInputException("the volume header was altered");
      }
      byte[] clear = new byte[Math.max(0, keyTable.length - Aead.TAG_BYTES)];
      try {
        aead.newContext()
            .open(pair.dataKey(), nonce, volumeId, keyTable, 0, keyTable.length, clear, 0);
        return VolumeKeys.decode(volumeId, cipher, clear);
      } catch (AuthenticationFailedException | IllegalArgumentException e) {
        throw new MalformedInputException("the key table was altered");
      } finally {
        Arrays.fill(clear, (byte) 0);
      }
    }
  }
}
