package io.coterie.volume.internal;

import io.coterie.volume.api.AccessRevokedException;
import io.coterie.volume.api.BlockDevice;
import io.coterie.volume.api.DamagedBlockException;
import io.coterie.volume.internal.format.Sizes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A device of which what cannot be read is zeroes, and is remembered. Reads only; one thread. */
final class Salvage implements BlockDevice {
  private static final int MOST_NAMED = 20;
  private static final long LEAF_BYTES = (long) Sizes.LEAF_ENTRIES * Sizes.BLOCK;

  private final BlockDevice source;

  /** The first runs of blocks that could not be read, and how many blocks all have. */
  private final List<long[]> runs = new ArrayList<>();

  private long lost;

  /** Blocks before it were looked at: a second reading tells nothing new. */
  private long next;

  private long lastLost = -2;
  private boolean more;

  Salvage(BlockDevice source) {
    this.source = source;
  }

  @Override
  public long sizeBytes() {
    return source.sizeBytes();
  }

  @Override
  public void read(long offset, byte[] target, int targetOffset, int lengthBytes)
      throws IOException {
    try {
      source.read(offset, target, targetOffset, lengthBytes);
    } catch (DamagedBlockException e) {
      int done = 0;
      while (done < lengthBytes) {
        long at = offset + done;
        int part = (int) Math.min(lengthBytes - done, Sizes.BLOCK - at % Sizes.BLOCK);
        readPart(at, target, targetOffset + done, part);
        done += part;
      }
    }
  }

  /** Of one block. */
  private void readPart(long at, byte[] target, int targetOffset, int length) throws IOException {
    try {
      source.read(at, target, targetOffset, length);
    } catch (DamagedBlockException e) {
      Arrays.fill(target, targetOffset, targetOffset + length, (byte) 0);
      remember(at / Sizes.BLOCK);
    }
  }

  private void remember(long block) {
    if (block < next) {
      return;
    }
    next = block + 1;
    lost++;
    if (block == lastLost + 1 && !more) {
      runs.get(runs.size() - 1)[1] = block;
    } else if (runs.size() < MOST_NAMED) {
      runs.add(new long[] {block, block});
    } else {
      more = true;
    }
    lastLost = block;
  }

  @Override
  public long extent(long offset, long lengthBytes) throws IOException {
    try {
      return source.extent(offset, lengthBytes);
    } catch (DamagedBlockException e) { // in the map: nobody knows what it told of
      long end = Math.min(offset + lengthBytes, (offset / LEAF_BYTES + 1) * LEAF_BYTES);
      for (long at = offset; at < end; at += Sizes.BLOCK) {
        remember(at / Sizes.BLOCK);
      }
      return offset - end;
    }
  }

  @Override
  public void write(long offset, byte[] source, int sourceOffset, int lengthBytes)
      throws IOException {
    throw new AccessRevokedException("what is saved takes no writes");
  }

  @Override
  public void zero(long offset, long lengthBytes) throws IOException {
    throw new AccessRevokedException("what is saved takes no writes");
  }

  @Override
  public void submit() {
    // Nothing is ever staged.
  }

  @Override
  public void flush() {
    // Nothing is ever staged.
  }

  /** What could not be read, for people. */
  String lostWords() {
    if (lost == 0) {
      return "nothing was lost";
    }
    StringBuilder words = new StringBuilder();
    for (long[] run : runs) {
      words.append(words.length() == 0 ? "" : ", ").append(run[0]);
      words.append(run[0] == run[1] ? "" : " to " + run[1]);
    }
    return lost + " blocks could not be read and are zeroes: " + words + (more ? " and more" : "");
  }
}
