package io.coterie.volume.internal.archive;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.Hkdf;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.volume.internal.format.KeySlot;
import io.coterie.volume.internal.format.SealingKeys;
import io.coterie.volume.internal.format.Sizes;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * The beginning of an archive, in clear: who can open it.
 *
 * @param archiveId 16 random bytes
 * @param codec what its chunks are compressed with
 */
public record ArchiveHeader(byte[] archiveId, String codec, List<KeySlot> slots) {
  private static final byte[] MAGIC = "COTARCHV".getBytes(StandardCharsets.US_ASCII);
  private static final int VERSION = 1;
  private static final int MAX_BYTES = 600_000;
  private static final int MAX_CODEC_BYTES = 16;

  public ArchiveHeader {
    slots = List.copyOf(slots);
  }

  /** Whether a file begins like an archive. */
  public static boolean begins(byte[] firstBytes) {
    return Arrays.equals(firstBytes, 0, Math.min(firstBytes.length, MAGIC.length), MAGIC, 0, 8);
  }

  /** The purpose that binds a sealed key to its archive. */
  public String keyPurpose() {
    return "coterie-archive-key:" + HexFormat.of().formatHex(archiveId);
  }

  /**
   * The keys of the archive.
   *
   * @param secret what is in the recipients' boxes
   */
  public SealingKeys keys(DestroyableKey secret) {
    byte[] info = new ByteWriter().text("coterie-archive-v1").raw(archiveId).toByteArray();
    byte[] copy = secret.getEncoded();
    byte[] material = Hkdf.derive(copy, new byte[0], info, SealingKeys.BYTES);
    try {
      return new SealingKeys(material);
    } finally {
      Arrays.fill(material, (byte) 0);
      Arrays.fill(copy, (byte) 0);
    }
  }

  private byte[] body() {
    ByteWriter out = new ByteWriter().raw(archiveId).text(codec);
    KeySlot.encodeAll(slots, out);
    return out.toByteArray();
  }

  private byte[] code(SealingKeys keys) {
    return Hkdf.hmac(keys.macKey(), body());
  }

  /** Writes it, with its authentication code. */
  public void writeTo(OutputStream out, SealingKeys keys) throws IOException {
    out.write(new ByteWriter().raw(MAGIC).u8(VERSION).bytes(body()).raw(code(keys)).toByteArray());
  }

  /**
   * Read, but not yet authenticated.
   *
   * @param code see {@link #check}
   */
  public record Read(ArchiveHeader header, byte[] code) {
    /**
     * Must be called once the keys are known.
     *
     * @throws MalformedInputException when it was altered
     */
    public void check(SealingKeys keys) throws MalformedInputException {
      if (!MessageDigest.isEqual(code, header.code(keys))) {
        throw new MalformedInputException("the header of the archive was altered");
      }
    }
  }

  /** Reads it; the stream stands behind it then. */
  public static Read readFrom(InputStream source) throws IOException {
    DataInputStream in = new DataInputStream(source);
    try {
      byte[] magic = in.readNBytes(MAGIC.length);
      if (!Arrays.equals(magic, MAGIC)) {
        throw new MalformedInputException("no archive of a volume");
      }
      int version = in.readUnsignedByte();
      if (version != VERSION) {
        throw new MalformedInputException("archive version " + version + " is unknown");
      }
      int length = in.readInt();
      if (length < 0 || length > MAX_BYTES) {
        throw new MalformedInputException("a header of " + length + " bytes");
      }
      byte[] body = new byte[length];
      in.readFully(body);
      byte[] code = new byte[Sizes.HASH];
      in.readFully(code);
      return new Read(decode(body), code);
    } catch (EOFException e) {
      throw new MalformedInputException("the archive is cut off in its header");
    }
  }

  private static ArchiveHeader decode(byte[] body) throws MalformedInputException {
    ByteReader in = new ByteReader(body);
    byte[] id = in.raw(Sizes.VOLUME_ID);
    String codec = in.text(MAX_CODEC_BYTES);
    List<KeySlot> slots = KeySlot.decodeAll(in);
    in.end();
    return new ArchiveHeader(id, codec, slots);
  }
}
