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

  /** The leaf of a block in a snapshot, or null where there is no data. */
  private long[] leaf(SnapshotEntry snapshot, long lba) throws IOException {
    long leaf = NodeAddress.leafOf(lba);
    long[] words = snapshot.pointer();
    int at = 0;
    for (int level = snapshot.topLevel(); level >= 0; level--) {
      if (words[at] == Location.NONE) {
        return null;
      }
      long index = leaf;
      for (int i = 0; i < level; i++) {
        index /= Sizes.FANOUT;
      }
      words = node(NodeAddress.of(level, index), words, at);
      at = level == 0 ? 0 : slotBelow(leaf, level);
    }
    return words;
  }

  private static int slotBelow(long leaf, int level) {
    long index = leaf;
    for (int i = 0; i < level - 1; i++) {
      index /= Sizes.FANOUT;
    }
    return (int) (index % Sizes.FANOUT) * Sizes.POINTER_LONGS;
  }

  /** Where a block of a snapshot stands; see {@link HeadMap#entry}. */
  public void entry(SnapshotEntry snapshot, long lba, long[] into, int at) throws IOException {
    long[] leaf = leaf(snapshot, lba);
    if (leaf == null) {
      Arrays.fill(into, at, at + Sizes.LEAF_ENTRY_LONGS, 0);
    } else {
      int from = (int) (lba % Sizes.LEAF_ENTRIES) * Sizes.LEAF_ENTRY_LONGS;
      System.arraycopy(leaf, from, into, at, Sizes.LEAF_ENTRY_LONGS);
    }
  }
}
