package io.coterie.volume.internal.format;

/**
 * Where a tree of the map begins.
 *
 * @param level of its one node at the top
 * @param pointer to that node, 8 numbers; zeroes for a tree without data. Not to be changed
 */
public record TreeTop(int level, long[] pointer) {
  /** The tree of a volume without data. */
  public static TreeTop empty(long sizeBytes) {
    return new TreeTop(NodeAddress.topLevel(sizeBytes), new long[Sizes.POINTER_LONGS]);
  }

  /** True when nothing is below it. */
  public boolean isEmpty() {
    return pointer[0] == Location.NONE;
  }
}
