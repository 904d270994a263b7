package io.coterie.volume.internal.format;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.Hkdf;
import io.coterie.base.codec.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * The first block of a segment file.
 *
 * @param epoch whose key the segment's keys come from
 * @param salt fresh for each use of the file; the segment's keys come from it
 * @param startCommit the number of the first commit that may stand in this segment
 * @param durableCommit the last commit known to be on disk when the header was written
 * @param startChain the chain hash before that commit
 */
public record SegmentHeader(
    long segmentId,
    int epoch,
    byte[] salt,
    long startCommit,
    long durableCommit,
    byte[] startChain) {
  private static final byte[] MAGIC = "COTSEGMT".getBytes(StandardCharsets.US_ASCII);

  /**
   * The block to write.
   *
   * @param origin of the epoch
   */
  public byte[] encode(byte[] origin, SealingKeys keys) {
    byte[] body =
        new ByteWriter()
            .raw(MAGIC)
            .u8(Sizes.VERSION)
            .raw(origin)
            .u32(epoch)
            .u64(segmentId)
            .raw(salt)
            .u64(startCommit)
            .u64(durableCommit)
            .raw(startChain)
            .toByteArray();
    byte[] block = Arrays.copyOf(body, Sizes.BLOCK);
    byte[] mac = Hkdf.hmac(keys.macKey(), body);
    System.arraycopy(mac, 0, block, body.length, mac.length);
    return block;
  }

  /** Reads and authenticates a block, making the segment's keys on the way. */
  public static Opened decode(byte[] block, VolumeKeys volume) throws MalformedInputException {
    ByteReader in = new ByteReader(block);
    if (!Arrays.equals(in.raw(MAGIC.length), MAGIC)) {
      throw new MalformedInputException("no segment header");
    }
    int version = in.u8();
    if (version != Sizes.VERSION) {
      throw new MalformedInputException("segment format version " + version + " is unknown");
    }
    byte[] origin = in.raw(Sizes.VOLUME_ID);
    int epoch = (int) in.u32();
    if (!volume.has(epoch)) {
      throw new MalformedInputException("there is no key for its epoch " + epoch);
    }
    if (!Arrays.equals(origin, volume.origin(epoch))) {
      throw new MalformedInputException("the segment belongs to another volume");
    }
    SegmentHeader header =
        new SegmentHeader(
            in.u64(), epoch, in.raw(Sizes.SALT), in.u64(), in.u64(), in.raw(Sizes.HASH));
    byte[] body = Arrays.copyOf(block, block.length - in.remaining());
    SealingKeys keys = volume.segment(epoch, header.segmentId(), header.salt());
    if (!MessageDigest.isEqual(in.raw(Sizes.HASH), Hkdf.hmac(keys.macKey(), body))) {
      keys.close();
      throw new MalformedInputException("the segment header was altered");
    }
    return new Opened(header, keys);
  }

  /** A header with the keys it leads to. */
  public record Opened(SegmentHeader header, SealingKeys keys) {}
}
