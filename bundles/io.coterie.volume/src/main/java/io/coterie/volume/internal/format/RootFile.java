package io.coterie.volume.internal.format;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The files {@code root-a} and {@code root-b}: where the root record of a checkpoint stands.
 *
 * @param commit in which the root record stands; it and all before it are durable
 */
public record RootFile(long checkpoint, long commit, long location, long tagHigh, long tagLow) {
  public static final int BYTES = 512;
  private static final byte[] MAGIC = "COTVROOT".getBytes(StandardCharsets.US_ASCII);
  private static final int EPOCH_AT = 25;
  private static final int LENGTH = 101;
  private static final String MAC_NAME = "root";

  /** The file whose turn it is. */
  public static String nameOf(long checkpoint) {
    return checkpoint % 2 == 1 ? "root-a" : "root-b";
  }

  public byte[] encode(VolumeKeys keys) {
    byte[] body =
        new ByteWriter()
            .raw(MAGIC)
            .u8(Sizes.VERSION)
            .raw(keys.volumeId())
            .u32(keys.currentEpoch())
            .u64(checkpoint)
            .u64(commit)
            .u64(location)
            .u64(tagHigh)
            .u64(tagLow)
            .toByteArray();
    return Arrays.copyOf(keys.authenticated(MAC_NAME, body), BYTES);
  }

  /** Reads and authenticates. */
  public static RootFile decode(byte[] bytes, VolumeKeys keys) throws MalformedInputException {
    if (bytes.length < LENGTH || !Arrays.equals(Arrays.copyOf(bytes, MAGIC.length), MAGIC)) {
      throw new MalformedInputException("no root");
    }
    ByteReader epochReader = new ByteReader(Arrays.copyOfRange(bytes, EPOCH_AT, EPOCH_AT + 4));
    byte[] body =
        keys.authenticate((int) epochReader.u32(), MAC_NAME, Arrays.copyOf(bytes, LENGTH));
    ByteReader in = new ByteReader(body);
    in.raw(MAGIC.length);
    int version = in.u8();
    if (version != Sizes.VERSION) {
      throw new MalformedInputException("root format version " + version + " is unknown");
    }
    if (!Arrays.equals(in.raw(Sizes.VOLUME_ID), keys.volumeId())) {
      throw new MalformedInputException("the root belongs to another volume");
    }
    in.u32();
    return new RootFile(in.u64(), in.u64(), in.u64(), in.u64(), in.u64());
  }
}
