package io.coterie.volume.internal.map;

import io.coterie.volume.internal.format.Extent;
import io.coterie.volume.internal.format.Location;
import io.coterie.volume.internal.format.NodeAddress;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.format.TreeTop;
import java.io.IOException;

/**
 * Walks over what one tree has and another has not. Subtrees that both share are never looked at,
 * so the work is that of the difference (as ZFS and Btrfs find what changed between two snapshots).
 * Used once.
 */
public final class TreeDifference {
  /** Stands for a node above the top of the lower tree: it is in no log, and no unit is there. */
  private static final long ABOVE = -1;

  private final TreeReader reader;
  private final long fromLeaf;
  private final int olderEra;
  private TreeTop mineTop;
  private TreeTop otherTop;
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
   * Walks over two trees; one may be higher than the other, for a volume may grow.
   *
   * @return false when the visitor stopped it
   */
  public boolean walk(TreeTop mine, TreeTop other) throws IOException {
    int level = Math.max(mine.level(), other.level());
    this.mineTop = mine;
    this.otherTop = other;
    return walk(NodeAddress.of(level, 0), lifted(mine, level), 0, lifted(other, level), 0);
  }

  /** The pointer to a tree as if its top were at this level. */
  private static long[] lifted(TreeTop top, int level) {
    if (top.level() == level || top.isEmpty()) {
      return top.pointer();
    }
    long[] pointer = new long[Sizes.POINTER_LONGS];
    pointer[0] = ABOVE;
    return pointer;
  }

  /** The node that a pointer of one of the trees stands for. */
  private long[] words(TreeTop top, long address, long[] pointer, int at) throws IOException {
    if (pointer[at] != ABOVE) {
      return reader.node(address, pointer, at);
    }
    long[] words = new long[Sizes.NODE_LONGS];
    long[] child = lifted(top, NodeAddress.levelOf(address) - 1);
    System.arraycopy(child, 0, words, 0, child.length);
    return words;
  }

  private boolean walk(long address, long[] mine, int at, long[] other, int otherAt)
      throws IOException {
    long otherLocation = other == null ? Location.NONE : other[otherAt];
    boolean nothingOfMine = mine[at] == Location.NONE;
    boolean left =
        mine[at] == otherLocation
            || (nothingOfMine && !holesToo)
            || NodeAddress.lastLeafOf(address) < fromLeaf
            || (isUnit(mine[at]) && Extent.eraOf(mine[at + 1]) <= olderEra);
    if (left) {
      return true;
    }
    boolean leaf = NodeAddress.levelOf(address) == 0;
    if (leaf && !visitor.goOn(NodeAddress.lastLeafOf(address))) {
      return false;
    }
    long[] words = nothingOfMine ? new long[Sizes.NODE_LONGS] : words(mineTop, address, mine, at);
    long[] otherWords =
        otherLocation == Location.NONE ? null : words(otherTop, address, other, otherAt);
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
    if (isUnit(mine[at])) {
      visitor.node(address, mine, at);
    }
    return true;
  }

  private static boolean isUnit(long location) {
    return location != Location.NONE && location != ABOVE;
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
