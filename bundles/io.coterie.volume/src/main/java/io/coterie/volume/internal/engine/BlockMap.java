package io.coterie.volume.internal.engine;

import io.coterie.volume.internal.format.Sizes;
import java.io.IOException;

/**
 * Where each block of the volume stands in the log: 24 bytes a mapped block, in leaves of 512
 * blocks that are made when first needed. A snapshot shares the leaves; a shared leaf is copied
 * before it changes. Guarded by the volume's lock.
 */
final class BlockMap {
  /** A location that means "reads as zeroes". */
  static final long HOLE = 0;

  static final int LONGS_PER_BLOCK = 3;
  static final int LEAF_LONGS = Sizes.LEAF_BLOCKS * LONGS_PER_BLOCK;
  private static final int INDEX_BITS = 10;
  private static final long LEAF_BYTES = LEAF_LONGS * 8L;

  /** A pointer and a mark for each leaf, also of an empty volume. */
  private static final long BYTES_PER_LEAF_POINTER = 5;

  /** Hears when a location gains or loses its last reference. */
  interface Observer {
    void referenced(long segmentId);

    void released(long segmentId);
  }

  private final long blockCount;
  private final Observer observer;
  private final long[][] leaves;
  private final boolean[] shared;
  private final MapBudget budget;
  private long takenBytes;
  private long mapped;

  BlockMap(long blockCount, Observer observer, MapBudget budget) throws IOException {
    this.blockCount = blockCount;
    this.observer = observer;
    this.budget = budget;
    int leafCount = Math.toIntExact((blockCount + Sizes.LEAF_BLOCKS - 1) / Sizes.LEAF_BLOCKS);
    budget.require(leafCount * BYTES_PER_LEAF_POINTER);
    take(leafCount * BYTES_PER_LEAF_POINTER);
    this.leaves = new long[leafCount][];
    this.shared = new boolean[leafCount];
  }

  private void take(long bytes) {
    takenBytes += bytes;
    budget.take(bytes);
  }

  /** The map is not used any more. */
  void release() {
    budget.giveBack(takenBytes);
    takenBytes = 0;
  }

  /** Refuses a block whose leaf would not fit into memory. */
  void checkRoom(long lba) throws IOException {
    if (leaves[leafOf(lba)] == null) {
      budget.require(LEAF_BYTES);
    }
  }

  static long location(long segmentId, int blockIndex) {
    return (segmentId << INDEX_BITS) | blockIndex;
  }

  static long segmentOf(long location) {
    return location >>> INDEX_BITS;
  }

  static int indexOf(long location) {
    return (int) (location & ((1 << INDEX_BITS) - 1));
  }

  long blockCount() {
    return blockCount;
  }

  /** How many blocks hold data. */
  long mapped() {
    return mapped;
  }

  long locationOf(long lba) {
    long[] leaf = leaves[leafOf(lba)];
    return leaf == null ? HOLE : leaf[slot(lba)];
  }

  /**
   * The end of a run of blocks that all hold data, or all hold none.
   *
   * @param first where it begins
   * @param last the last block of interest
   * @return the first block after the run, at most {@code last + 1}
   */
  long endOfRun(long first, long last) {
    boolean data = locationOf(first) != HOLE;
    long lba = first + 1;
    while (lba <= last) {
      if (leaves[leafOf(lba)] == null) {
        if (data) {
          return lba;
        }
        lba = (long) (leafOf(lba) + 1) * Sizes.LEAF_BLOCKS;
      } else if ((locationOf(lba) != HOLE) != data) {
        return lba;
      } else {
        lba++;
      }
    }
    return last + 1;
  }

  long tagHigh(long lba) {
    return leaves[leafOf(lba)][slot(lba) + 1];
  }

  long tagLow(long lba) {
    return leaves[leafOf(lba)][slot(lba) + 2];
  }

  void put(long lba, long location, long tagHigh, long tagLow) {
    long[] leaf = writable(leafOf(lba));
    int at = slot(lba);
    if (leaf[at] == HOLE) {
      mapped++;
    } else {
      observer.released(segmentOf(leaf[at]));
    }
    leaf[at] = location;
    leaf[at + 1] = tagHigh;
    leaf[at + 2] = tagLow;
    observer.referenced(segmentOf(location));
  }

  void clear(long lba, long runBlocks) {
    long end = Math.min(lba + runBlocks, blockCount);
    long at = lba;
    while (at < end) {
      int index = leafOf(at);
      long leafEnd = Math.min(end, (long) (index + 1) * Sizes.LEAF_BLOCKS);
      if (leaves[index] != null) {
        clearInLeaf(index, at, leafEnd);
      }
      at = leafEnd;
    }
  }

  private void clearInLeaf(int index, long from, long to) {
    long[] leaf = null;
    for (long lba = from; lba < to; lba++) {
      int at = slot(lba);
      if (leaves[index][at] != HOLE) {
        leaf = leaf == null ? writable(index) : leaf;
        observer.released(segmentOf(leaf[at]));
        leaf[at] = HOLE;
        leaf[at + 1] = 0;
        leaf[at + 2] = 0;
        mapped--;
      }
    }
  }

  private long[] writable(int index) {
    long[] leaf = leaves[index];
    if (leaf == null) {
      leaf = new long[LEAF_LONGS];
      take(LEAF_BYTES);
    } else if (shared[index]) {
      leaf = leaf.clone();
    } else {
      return leaf;
    }
    leaves[index] = leaf;
    shared[index] = false;
    return leaf;
  }

  /** The leaves as they are now; null where nothing is mapped. The caller does not change them. */
  long[][] snapshot() {
    for (int i = 0; i < leaves.length; i++) {
      shared[i] = leaves[i] != null;
    }
    return leaves.clone();
  }

  private static int leafOf(long lba) {
    return (int) (lba / Sizes.LEAF_BLOCKS);
  }

  private static int slot(long lba) {
    return (int) (lba % Sizes.LEAF_BLOCKS) * LONGS_PER_BLOCK;
  }
}
