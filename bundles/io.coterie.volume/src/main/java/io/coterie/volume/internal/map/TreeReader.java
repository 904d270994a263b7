package io.coterie.volume.internal.map;

import io.coterie.volume.internal.format.Location;
import io.coterie.volume.internal.format.NodeAddress;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.format.SnapshotEntry;
import io.coterie.volume.internal.memory.LongMap;
import java.io.IOException;
import java.util.Arrays;

/**
 * Reads trees that do not change any more. A node at a place is always the same one, so a few are
 * kept by their place. Thread-safe; who calls has entered as a reader, so that nothing is taken
 * away meanwhile.
 */
public final class TreeReader {
  private static final int KEPT_NODES = 512;

  private final NodeReader reader;
  private final LongMap<Kept> kept = new LongMap<>();

  private record Kept(long location, long[] words) {}

  public TreeReader(NodeReader reader) {
    this.reader = reader;
  }

  /** The node that a pointer stands for; not to be changed. */
  long[] node(long address, long[] pointer, int at) throws IOException {
    long location = pointer[at];
    synchronized (kept) {
      Kept found = kept.get(location);
      if (found != null) {
        return found.words();
      }
    }
    long[] words = reader.node(address, pointer, at);
    synchronized (kept) {
      if (kept.size() >= KEPT_NODES) {
        kept.remove(kept.next().location());
      }
      kept.put(location, new Kept(location, words));
    }
    return words;
  }

  /**
   * Goes down to a block.
   *
   * @param blocksBelow gets how many blocks the lowest node met covers
   * @return the leaf, or null where there is no data
   */
  private long[] leaf(SnapshotEntry snapshot, long lba, long[] blocksBelow) throws IOException {
    long span = Sizes.LEAF_ENTRIES;
    for (int level = 0; level < snapshot.topLevel(); level++) {
      span *= Sizes.FANOUT;
    }
    blocksBelow[0] = span;
    if (lba >= span) {
      return null; // the volume has grown since
    }
    long[] words = snapshot.pointer();
    int at = 0;
    for (int level = snapshot.topLevel(); level >= 0; level--) {
      blocksBelow[0] = span;
      if (words[at] == Location.NONE) {
        return null;
      }
      words = node(NodeAddress.of(level, lba / span), words, at);
      span /= Sizes.FANOUT;
      at = level == 0 ? 0 : (int) (lba / span % Sizes.FANOUT) * Sizes.POINTER_LONGS;
    }
    return words;
  }

  /** Where a block of a snapshot stands; see {@link HeadMap#entry}. */
  public void entry(SnapshotEntry snapshot, long lba, long[] into, int at) throws IOException {
    long[] leaf = leaf(snapshot, lba, new long[1]);
    if (leaf == null) {
      Arrays.fill(into, at, at + Sizes.LEAF_ENTRY_LONGS, 0);
    } else {
      int from = (int) (lba % Sizes.LEAF_ENTRIES) * Sizes.LEAF_ENTRY_LONGS;
      System.arraycopy(leaf, from, into, at, Sizes.LEAF_ENTRY_LONGS);
    }
  }

  public boolean hasData(SnapshotEntry snapshot, long lba) throws IOException {
    long[] leaf = leaf(snapshot, lba, new long[1]);
    int at = (int) (lba % Sizes.LEAF_ENTRIES) * Sizes.LEAF_ENTRY_LONGS;
    return leaf != null && leaf[at] != Location.NONE;
  }

  /** The first block behind a subtree without data around a block; the block itself if none. */
  public long endOfNothing(SnapshotEntry snapshot, long lba) throws IOException {
    long[] span = new long[1];
    return leaf(snapshot, lba, span) == null ? (lba / span[0] + 1) * span[0] : lba;
  }
}
