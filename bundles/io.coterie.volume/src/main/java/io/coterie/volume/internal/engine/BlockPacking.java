package io.coterie.volume.internal.engine;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.volume.api.BlockCodec;
import io.coterie.volume.internal.format.Packing;
import io.coterie.volume.internal.format.Sizes;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Makes blocks shorter before they are sealed, if that is worth it, and expands them again. Blocks
 * keep their length for a volume without compression. Thread-safe.
 */
public final class BlockPacking implements AutoCloseable {
  private final BlockCodec codec;
  private final int number;
  private final Queue<BlockCodec.Context> idle = new ConcurrentLinkedQueue<>();
  private volatile boolean closed;

  private BlockPacking(BlockCodec codec, int number) {
    this.codec = codec;
    this.number = number;
  }

  /** Of a volume without compression. */
  public static BlockPacking none() {
    return new BlockPacking(null, Packing.NONE);
  }

  public static BlockPacking with(BlockCodec codec) {
    return new BlockPacking(codec, Packing.numberOf(codec.algorithm()));
  }

  /** The codec of what is written now, or {@link Packing#NONE}. */
  int number() {
    return number;
  }

  /**
   * Packs a block.
   *
   * @param target takes the length, the compressed bytes, and zeroes up to the next granule
   * @return granules, or 0 when it is not worth it
   */
  int pack(byte[] source, int offset, byte[] target) {
    BlockCodec.Context context = take();
    int length;
    try {
      length = context.compress(source, offset, Sizes.BLOCK, target, Packing.HEAD_BYTES);
    } finally {
      giveBack(context);
    }
    if (length == 0) {
      return 0;
    }
    target[0] = (byte) (length >>> 8);
    target[1] = (byte) length;
    int end = Packing.HEAD_BYTES + length;
    int granules = (end + Sizes.GRANULE - 1) / Sizes.GRANULE;
    Arrays.fill(target, end, granules * Sizes.GRANULE, (byte) 0);
    return granules;
  }

  /** Expands what {@link #pack} made. */
  void unpack(int codecNumber, byte[] source, int lengthBytes, byte[] target, int targetOffset)
      throws MalformedInputException {
    if (codec == null || codecNumber != number) {
      throw new MalformedInputException("codec " + codecNumber + " is not that of the volume");
    }
    int length = (source[0] & 0xff) << 8 | (source[1] & 0xff);
    if (Packing.HEAD_BYTES + length > lengthBytes) {
      throw new MalformedInputException(length + " compressed bytes in " + lengthBytes);
    }
    BlockCodec.Context context = take();
    try {
      context.expand(source, Packing.HEAD_BYTES, length, target, targetOffset, Sizes.BLOCK);
    } finally {
      giveBack(context);
    }
  }

  private BlockCodec.Context take() {
    BlockCodec.Context context = idle.poll();
    return context == null ? codec.newContext() : context;
  }

  private void giveBack(BlockCodec.Context context) {
    idle.add(context); // as many as there ever were readers at once
    if (closed) {
      close();
    }
  }

  /** Gives the working memory back; of calls in flight when they end. */
  @Override
  public void close() {
    closed = true;
    for (BlockCodec.Context c = idle.poll(); c != null; c = idle.poll()) {
      c.close();
    }
  }
}
