package io.coterie.volume.internal.format;

import io.coterie.base.codec.MalformedInputException;
import java.nio.ByteBuffer;

/**
 * A checkpoint: a map, and the place from which the log continues it.
 *
 * @param position where the log goes on
 * @param era behind that place
 * @param pointer to the top of the tree, 8 numbers; zeroes for a volume without data
 * @param mappedBlocks blocks that hold data
 * @param streamLocation of the last block of the stream
 */
public record RootRecord(
    long checkpoint,
    long timeMillis,
    LogPosition position,
    int era,
    int topLevel,
    long[] pointer,
    long mappedBlocks,
    long streamLocation,
    long streamTagHigh,
    long streamTagLow,
    int streamBlocks) {

  public byte[] encode() {
    ByteBuffer out = ByteBuffer.allocate(Sizes.BLOCK);
    out.put((byte) Sizes.VERSION).putLong(checkpoint).putLong(timeMillis);
    out.putLong(position.segmentId()).putInt(position.blockIndex()).putLong(position.commit());
    out.put(position.chain()).putInt(era).put((byte) topLevel);
    for (long word : pointer) {
      out.putLong(word);
    }
    out.putLong(mappedBlocks).putLong(streamLocation).putLong(streamTagHigh).putLong(streamTagLow);
    return out.putInt(streamBlocks).array();
  }

  /** Reads a block that was authenticated before. */
  public static RootRecord decode(byte[] block) throws MalformedInputException {
    ByteBuffer in = ByteBuffer.wrap(block);
    int version = in.get();
    if (version != Sizes.VERSION) {
      throw new MalformedInputException("checkpoint format version " + version + " is unknown");
    }
    long checkpoint = in.getLong();
    long time = in.getLong();
    long segment = in.getLong();
    int index = in.getInt();
    long commit = in.getLong();
    byte[] chain = new byte[Sizes.HASH];
    in.get(chain);
    int era = in.getInt();
    int top = in.get();
    long[] pointer = new long[Sizes.POINTER_LONGS];
    for (int i = 0; i < pointer.length; i++) {
      pointer[i] = in.getLong();
    }
    return new RootRecord(
        checkpoint,
        time,
        new LogPosition(segment, index, commit, chain),
        era,
        top,
        pointer,
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getLong(),
        in.getInt());
  }
}
