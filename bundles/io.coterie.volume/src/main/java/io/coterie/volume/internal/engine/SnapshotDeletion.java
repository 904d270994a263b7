package io.coterie.volume.internal.engine;

import io.coterie.volume.internal.format.SnapshotEntry;
import io.coterie.volume.internal.map.Catalogue;
import io.coterie.volume.internal.map.MapChange;
import io.coterie.volume.internal.map.TreeDifference;
import io.coterie.volume.internal.map.TreeReader;
import java.io.IOException;
import java.util.Optional;

/** Cuts the deletion of a snapshot into pieces. */
final class SnapshotDeletion {
  /** So many leaves are compared at once: 2 GiB of a snapshot. */
  private static final int LEAVES_OF_A_PIECE = 4096;

  private final Snapshots snapshots;
  private final TreeReader trees;

  SnapshotDeletion(Snapshots snapshots, TreeReader trees) {
    this.snapshots = snapshots;
    this.trees = trees;
  }

  /** The next piece, if a snapshot is marked. */
  Optional<MapChange.DeletePiece> next() throws IOException {
    try (Snapshots.Look look = snapshots.look()) {
      Catalogue all = look.catalogue();
      Optional<SnapshotEntry> marked = all.deleting();
      if (marked.isEmpty()) {
        return Optional.empty();
      }
      SnapshotEntry entry = marked.get();
      PieceEnd end = new PieceEnd();
      new TreeDifference(trees, entry.cursor(), all.eraBefore(entry), false, end)
          .walk(entry.top(), look.newerThan(entry));
      return Optional.of(new MapChange.DeletePiece(entry.era(), end.toLeaf));
    }
  }

  /** Counts leaves until there are enough. */
  private static final class PieceEnd implements TreeDifference.Visitor {
    private int leaves;
    private long toLeaf = Long.MAX_VALUE;

    @Override
    public void entry(long lba, long[] mine, int at, boolean otherHasData) {
      // Only leaves count.
    }

    @Override
    public boolean goOn(long leaf) {
      if (leaves++ < LEAVES_OF_A_PIECE) {
        return true;
      }
      toLeaf = leaf;
      return false;
    }
  }
}
