package io.coterie.volume.internal.map;

import io.coterie.volume.internal.format.Extent;
import io.coterie.volume.internal.format.Location;
import io.coterie.volume.internal.format.SnapshotEntry;
import io.coterie.volume.internal.log.SegmentTable;
import java.util.ArrayList;
import java.util.List;

/**
 * Keeps the count of what is live in each segment: of the volume as it is now, and while a
 * checkpoint is written also of the map that it writes. Knows which units snapshots need. Guarded
 * by the volume's lock.
 */
public final class LiveSpace {
  private final SegmentTable now;
  private SegmentTable checkpoint;
  private Pins pins = Pins.NONE;

  /** While a checkpoint changes what snapshots need: the rule before, and what went otherwise. */
  private Pins before;

  private final List<Change> otherwise = new ArrayList<>();

  private record Change(long location, int granules) {}

  /**
   * What snapshots need: units up to an era anywhere, and up to another from some leaf on.
   *
   * @param era of the newest snapshot that is whole
   * @param partEra of one that is being deleted, or 0
   * @param fromLeaf what of that one is left
   */
  record Pins(int era, int partEra, long fromLeaf) {
    static final Pins NONE = new Pins(0, 0, 0);

    static Pins of(List<SnapshotEntry> snapshots) {
      int era = 0;
      SnapshotEntry part = null;
      for (SnapshotEntry s : snapshots) {
        if (s.cursor() > 0) {
          part = s;
        } else {
          era = Math.max(era, s.era());
        }
      }
      return part == null ? new Pins(era, 0, 0) : new Pins(era, part.era(), part.cursor());
    }

    boolean hold(long extent, long lastLeaf) {
      int born = Extent.eraOf(extent);
      return born <= era || (born <= partEra && lastLeaf >= fromLeaf);
    }
  }

  public LiveSpace(SegmentTable now) {
    this.now = now;
  }

  /** Sets what snapshots there are, when a volume is opened. */
  public void setSnapshots(List<SnapshotEntry> snapshots) {
    pins = Pins.of(snapshots);
  }

  /**
   * From here on a second count is kept, and the snapshots are those that the checkpoint will know.
   */
  SegmentTable begin(List<SnapshotEntry> snapshots) {
    checkpoint = now.copy();
    before = pins;
    pins = Pins.of(snapshots);
    return checkpoint;
  }

  void end(boolean done) {
    checkpoint = null;
    if (!done) {
      pins = before;
      otherwise.forEach(change -> gain(change.location(), change.granules()));
    }
    before = null;
    otherwise.clear();
  }

  void gain(long location, int granules) {
    now.change(Location.segmentOf(location), granules);
  }

  /**
   * The volume needs a block no more; if a snapshot does, it stays live.
   *
   * @param leaf in which it is
   */
  void release(long location, long extent, long leaf) {
    boolean held = pins.hold(extent, leaf);
    int share = Extent.shareOf(extent);
    if (!held) {
      gain(location, -share);
    }
    if (before != null && before.hold(extent, leaf) != held) {
      otherwise.add(new Change(location, held ? -share : share));
    }
  }

  /** True when a snapshot needs a block that the volume needs no more. */
  boolean holds(long extent, long leaf) {
    return pins.hold(extent, leaf);
  }

  /** A change of the map being written. */
  void changeCheckpoint(long location, int granules) {
    long segment = Location.segmentOf(location);
    if (!checkpoint.contains(segment) && now.contains(segment)) {
      checkpoint.add(segment, now.epoch(segment), 0); // it was begun meanwhile
    }
    checkpoint.change(segment, granules);
  }

  /** A change of both. */
  void changeAll(long location, int granules) {
    gain(location, granules);
    if (checkpoint != null) {
      changeCheckpoint(location, granules);
    }
  }

  /**
   * True when a snapshot needs a node that the tree being written replaces. Snapshots as they were
   * before: a new one is the very tree, and what goes of one is told apart.
   */
  boolean held(long extent, long lastLeaf) {
    return before.hold(extent, lastLeaf);
  }
}
