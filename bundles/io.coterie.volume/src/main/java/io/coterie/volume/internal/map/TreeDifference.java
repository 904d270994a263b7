package io.coterie.volume.internal.map;

import io.coterie.volume.internal.format.Extent;
import io.coterie.volume.internal.format.Location;
import io.coterie.volume.internal.format.NodeAddress;
import io.coterie.volume.internal.format.Sizes;
import java.io.IOException;

/**
 * Walks over what one tree has and another has not. Subtrees that both share are never looked at,
 * so the work is that of the difference (as ZFS and Btrfs find what changed between two snapshots).
 */
public final class TreeDifference {
  private final TreeReader reader;
  private final long fromLeaf;
  private final int olderEra;
  private final boolean holesToo;
  private final Visitor visitor;

  /** Takes what is met, from the left to the right. */
  public interface Visitor {
    /**
     * An entry of a leaf that is not the same in the other tree.
     *
     * @param mine location, extent and tag from {@code at} on; zeroes for a hole
     */
    void entry(long lba, long[] mine, int at, boolean otherHasData) throws IOException;

    /** A node that is not in the other tree, after all that is below it. */
    default void node(long address, long[] pointer, int at) throws IOException {
      // Some care for blocks only.
    }

    /** False to stop: before a leaf of this index is looked at. */
    default boolean goOn(long leaf) {
      return true;
    }
  }

  /**
   * A walk.
   *
   * @param fromLeaf nodes that end before it are left out
   * @param olderEra units of this era and older ones are left out: a third tree has them too
   * @param holesToo true to meet also what only the other tree has, as holes of this one
   */
  public TreeDifference(
      TreeReader reader, long fromLeaf, int olderEra, boolean holesToo, Visitor visitor) {
    this.reader = reader;
    this.fromLeaf = fromLeaf;
    this.olderEra = olderEra;
    this.holesToo = holesToo;
    this.visitor = visitor;
  }

  /**
   * Walks over two trees with the same top level.
   *
   * @return false when the visitor stopped it
   */
  public boolean walk(int topLevel, long[] mine, long[] other) throws IOException {
    return walk(NodeAddress.of(topLevel, 0), mine, 0, other, 0);
  }

  private boolean walk(long address, long[] mine, int at, long[] other, int otherAt)
      throws IOException {
    long otherLocation = other == null ? Location.NONE : other[otherAt];
    boolean nothingOfMine = mine[at] == Location.NONE;
    boolean left =
        mine[at] == otherLocation
            || (nothingOfMine && !holesToo)
            || NodeAddress.lastLeafOf(address) < fromLeaf
            || (!nothingOfMine && Extent.eraOf(mine[at + 1]) <= olderEra);
    if (left) {
      return true;
    }
    boolean leaf = NodeAddress.levelOf(address) == 0;
    if (leaf && !visitor.goOn(NodeAddress.lastLeafOf(address))) {
      return false;
    }
    long[] words = nothingOfMine ? new long[Sizes.NODE_LONGS] : reader.node(address, mine, at);
    long[] otherWords =
        otherLocation == Location.NONE ? null : reader.node(address, other, otherAt);
    if (leaf) {
      entries(address, words, otherWords);
    } else {
      long firstChild = NodeAddress.indexOf(address) * Sizes.FANOUT;
      int level = NodeAddress.levelOf(address) - 1;
      for (int i = 0; i < Sizes.FANOUT; i++) {
        int slot = i * Sizes.POINTER_LONGS;
        if (!walk(NodeAddress.of(level, firstChild + i), words, slot, otherWords, slot)) {
          return false;
        }
      }
    }
    if (!nothingOfMine) {
      visitor.node(address, mine, at);
    }
    return true;
  }

  private void entries(long address, long[] mine, long[] other) throws IOException {
    long first = NodeAddress.indexOf(address) * Sizes.LEAF_ENTRIES;
    for (int i = 0; i < Sizes.LEAF_ENTRIES; i++) {
      int at = i * Sizes.LEAF_ENTRY_LONGS;
      long otherLocation = other == null ? Location.NONE : other[at];
      boolean same = mine[at] == otherLocation;
      boolean inThird = mine[at] != Location.NONE && Extent.eraOf(mine[at + 1]) <= olderEra;
      // Blocks of one compressed unit have the same place.
      boolean sameUnit = same && (other == null || mine[at + 1] == other[at + 1]);
      boolean wanted = mine[at] != Location.NONE || holesToo;
      if (!sameUnit && !inThird && wanted) {
        visitor.entry(first + i, mine, at, otherLocation != Location.NONE);
      }
    }
  }
}
