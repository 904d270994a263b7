package io.coterie.volume.internal.format;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.Hkdf;
import io.coterie.base.codec.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * The head of a checkpoint file: up to where of the log its map reaches.
 *
 * @param segmentId the segment in which the next commit stands, or a later one
 * @param blockIndex where in it
 * @param commit the last commit that the map contains
 * @param leafCount sealed leaves that follow
 */
public record CheckpointHeader(
    long number,
    byte[] salt,
    long segmentId,
    int blockIndex,
    long commit,
    byte[] chain,
    int leafCount) {
  /** The encoded length with its authentication code. */
  public static final int LENGTH = 8 + 1 + 16 + 8 + 32 + 8 + 4 + 8 + 32 + 4 + 32;

  private static final byte[] MAGIC = "COTCHECK".getBytes(StandardCharsets.US_ASCII);

  public byte[] encode(byte[] volumeId, SegmentKeys keys) {
    byte[] body =
        new ByteWriter()
            .raw(MAGIC)
            .u8(Sizes.VERSION)
            .raw(volumeId)
            .u64(number)
            .raw(salt)
            .u64(segmentId)
            .u32(blockIndex)
            .u64(commit)
            .raw(chain)
            .u32(leafCount)
            .toByteArray();
    return new ByteWriter().raw(body).raw(Hkdf.hmac(keys.macKey(), body)).toByteArray();
  }

  public static Opened decode(byte[] bytes, VolumeKeys volume) throws MalformedInputException {
    ByteReader in = new ByteReader(bytes);
    if (!Arrays.equals(in.raw(MAGIC.length), MAGIC)) {
      throw new MalformedInputException("no checkpoint");
    }
    int version = in.u8();
    if (version != Sizes.VERSION) {
      throw new MalformedInputException("checkpoint format version " + version + " is unknown");
    }
    if (!Arrays.equals(in.raw(Sizes.VOLUME_ID), volume.volumeId())) {
      throw new MalformedInputException("the checkpoint belongs to another volume");
    }
    CheckpointHeader header =
        new CheckpointHeader(
            in.u64(),
            in.raw(Sizes.SALT),
            in.u64(),
            (int) in.u32(),
            in.u64(),
            in.raw(Sizes.HASH),
            (int) in.u32());
    SegmentKeys keys = volume.checkpoint(header.number(), header.salt());
    byte[] body = Arrays.copyOf(bytes, LENGTH - Sizes.HASH);
    if (!MessageDigest.isEqual(in.raw(Sizes.HASH), Hkdf.hmac(keys.macKey(), body))) {
      keys.close();
      throw new MalformedInputException("the checkpoint header was altered");
    }
    return new Opened(header, keys);
  }

  /** A header with the keys it leads to. */
  public record Opened(CheckpointHeader header, SegmentKeys keys) {}
}
