package io.coterie.volume.internal.map;

import io.coterie.volume.internal.format.Extent;
import io.coterie.volume.internal.format.LogPosition;
import io.coterie.volume.internal.format.NodeAddress;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.format.SnapshotEntry;
import io.coterie.volume.internal.format.TreeTop;
import io.coterie.volume.internal.log.LogWriter;
import io.coterie.volume.internal.log.SegmentTable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Lock;

/**
 * The map's part in one checkpoint: set apart what changed, write it, and then either take the new
 * trees in or go back. Used once, by one thread; what needs the volume's lock says so.
 */
public final class MapCheckpoint {
  private final HeadMap map;
  private final LiveSpace live;
  private final Relocation relocation;
  private final MapChange change;
  private final HeadMap.Frozen frozen;
  private final SegmentTable table;

  /** With the pointers of before, until the trees are written. */
  private Catalogue catalogue;

  /** The snapshot of which a piece goes, as it was before; or null. */
  private final SnapshotEntry shrinking;

  private TreeWriter writer;

  private MapCheckpoint(
      HeadMap map,
      LiveSpace live,
      Relocation relocation,
      MapChange change,
      Catalogue before,
      LogPosition position) {
    this.map = map;
    this.live = live;
    if (relocation != null && change instanceof MapChange.DeletePiece) {
      throw new IllegalArgumentException("trees are compared as they were, or moved, not both");
    }
    this.relocation = relocation;
    this.change = change;
    SnapshotEntry piece = null;
    Catalogue next = before;
    if (change instanceof MapChange.TakeSnapshot take) {
      next =
          before.with(
              new SnapshotEntry(
                  take.name(),
                  take.description(),
                  take.nowMillis(),
                  map.era(),
                  map.sizeBytes(),
                  position.commit(),
                  map.topLevel(),
                  new long[Sizes.POINTER_LONGS], // not known before the tree is written
                  map.mapped(),
                  false,
                  0,
                  take.origin()));
    } else if (change instanceof MapChange.MarkDeleted mark) {
      next = before.replaced(before.find(mark.name()).orElseThrow().deletedTo(0));
    } else if (change instanceof MapChange.DeletePiece delete) {
      piece = before.ofEra(delete.era());
      next = before.replaced(piece.deletedTo(delete.toLeaf()));
    }
    this.catalogue = next;
    this.shrinking = piece;
    this.frozen = map.freeze(relocation, change instanceof MapChange.TakeSnapshot);
    this.table = live.begin(next.entries());
  }

  /**
   * Begins. Under the lock, when nothing is staged.
   *
   * @param relocation what the cleaner moved, or null
   * @param position of the log now
   */
  public static MapCheckpoint begin(
      HeadMap map,
      LiveSpace live,
      Relocation relocation,
      MapChange change,
      Catalogue before,
      LogPosition position) {
    return new MapCheckpoint(map, live, relocation, change, before, position);
  }

  /** The era behind the place of the checkpoint. */
  public int nextEra() {
    return frozen.era + (change instanceof MapChange.TakeSnapshot ? 1 : 0);
  }

  public long mapped() {
    return frozen.mapped;
  }

  /** The snapshots, with their trees where they are now. */
  public Catalogue catalogue() {
    return catalogue;
  }

  /**
   * Stages the nodes. Without the lock.
   *
   * @return the pointer to the top
   */
  public long[] write(Lock lock, LogWriter log, NodeReader reader, TreeReader trees)
      throws IOException {
    writer = new TreeWriter(lock, log, reader, live, frozen, relocation);
    long[] top = writer.write(map.topLevel());
    writeSnapshots(top);
    lock.lock();
    try {
      if (relocation != null) {
        relocation.victims().forEach(table::empty);
      }
      if (shrinking != null) {
        log.submit(); // what follows reads what was staged
      }
    } finally {
      lock.unlock();
    }
    if (shrinking != null) {
      deletePiece(lock, trees, new TreeTop(map.topLevel(), top));
    }
    return top;
  }

  private void writeSnapshots(long[] top) throws IOException {
    List<SnapshotEntry> whole = new ArrayList<>();
    for (SnapshotEntry s : catalogue.entries()) {
      boolean isNew = change instanceof MapChange.TakeSnapshot && s.era() == frozen.era;
      if (isNew) {
        whole.add(s.at(top));
      } else {
        whole.add(s.cursor() == 0 ? writer.write(s) : s);
      }
    }
    for (int i = 0; i < whole.size(); i++) {
      if (whole.get(i).cursor() > 0) {
        whole.set(i, writer.write(whole.get(i)));
      }
    }
    catalogue = new Catalogue(whole);
  }

  /**
   * Gives up what only the snapshot has, between the leaf where it stopped and the one to reach.
   */
  private void deletePiece(Lock lock, TreeReader reader, TreeTop top) throws IOException {
    SnapshotEntry now = catalogue.ofEra(shrinking.era());
    long toLeaf = now.cursor();
    TreeTop newer = catalogue.after(now).map(SnapshotEntry::top).orElse(top);
    int olderEra = catalogue.eraBefore(now);
    TreeDifference.Visitor release =
        new TreeDifference.Visitor() {
          @Override
          public void entry(long lba, long[] mine, int at, boolean otherHasData) {
            give(mine[at], Extent.shareOf(mine[at + 1]));
          }

          @Override
          public void node(long address, long[] pointer, int at) {
            if (NodeAddress.lastLeafOf(address) < toLeaf) {
              give(pointer[at], Extent.granulesOf(pointer[at + 1]));
            }
          }

          @Override
          public boolean goOn(long lastLeaf) {
            return lastLeaf < toLeaf;
          }

          private void give(long location, int granules) {
            lock.lock();
            try {
              writer.release(location, granules);
            } finally {
              lock.unlock();
            }
          }
        };
    new TreeDifference(reader, shrinking.cursor(), olderEra, false, release).walk(now.top(), newer);
    if (toLeaf == Long.MAX_VALUE) {
      catalogue = catalogue.without(now.era());
    }
  }

  /** How much is live where for the map that was written. It changes no more. */
  public SegmentTable table() {
    return table;
  }

  /** It is durable. Under the lock. */
  public void install(SegmentTable now) {
    map.install(frozen, writer.written());
    writer.settle();
    if (relocation != null) {
      relocation.victims().forEach(now::empty);
    }
    live.end(true);
    live.setSnapshots(catalogue.entries());
  }

  /** It failed. Under the lock. */
  public void undo() {
    live.end(false);
    map.thaw(frozen);
  }
}
