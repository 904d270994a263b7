package io.coterie.volume.internal.format;

/** Names a node of the map: its level, 0 for leaves, and its index from the left. */
public final class NodeAddress {
  private static final int INDEX_BITS = 56;

  private NodeAddress() {}

  public static long of(int level, long index) {
    return (long) level << INDEX_BITS | index;
  }

  public static int levelOf(long address) {
    return (int) (address >>> INDEX_BITS);
  }

  public static long indexOf(long address) {
    return address & (1L << INDEX_BITS) - 1;
  }

  /** The node above. */
  public static long parentOf(long address) {
    return of(levelOf(address) + 1, indexOf(address) / Sizes.FANOUT);
  }

  /** Where in its parent's array the pointer to this node begins. */
  public static int slotOf(long address) {
    return (int) (indexOf(address) % Sizes.FANOUT) * Sizes.POINTER_LONGS;
  }

  /** The index of the last leaf below a node, or of the leaf itself. */
  public static long lastLeafOf(long address) {
    long last = indexOf(address);
    for (int level = levelOf(address); level > 0; level--) {
      last = last * Sizes.FANOUT + Sizes.FANOUT - 1;
    }
    return last;
  }

  /** The index of the first leaf below a node. */
  public static long firstLeafOf(long address) {
    long first = indexOf(address);
    for (int level = levelOf(address); level > 0; level--) {
      first *= Sizes.FANOUT;
    }
    return first;
  }

  /** The leaf of a block. */
  public static long leafOf(long lba) {
    return lba / Sizes.LEAF_ENTRIES;
  }

  /** The level of the one node at the top of a tree for so many bytes; at least 1. */
  public static int topLevel(long sizeBytes) {
    long nodes = (sizeBytes / Sizes.BLOCK + Sizes.LEAF_ENTRIES - 1) / Sizes.LEAF_ENTRIES;
    int level = 0;
    do {
      nodes = (nodes + Sizes.FANOUT - 1) / Sizes.FANOUT;
      level++;
    } while (nodes > 1);
    return level;
  }
}
