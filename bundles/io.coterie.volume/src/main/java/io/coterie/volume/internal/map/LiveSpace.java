package io.coterie.volume.internal.map;

import io.coterie.volume.internal.format.Extent;
import io.coterie.volume.internal.format.Location;
import io.coterie.volume.internal.log.SegmentTable;

/**
 * Keeps the count of what is live in each segment: of the volume as it is now, and while a
 * checkpoint is written also of the map that it writes. Guarded by the volume's lock.
 */
public final class LiveSpace {
  private final SegmentTable now;
  private SegmentTable checkpoint;

  /** Units of this era and older ones are needed by a snapshot. */
  private int pinnedEra;

  public LiveSpace(SegmentTable now) {
    this.now = now;
  }

  /** From here on a second count is kept. */
  SegmentTable begin() {
    checkpoint = now.copy();
    return checkpoint;
  }

  void end() {
    checkpoint = null;
  }

  void gain(long location, int granules) {
    now.change(Location.segmentOf(location), granules);
  }

  /** The volume needs a unit no more; if a snapshot does, it stays live. */
  void release(long location, long extent) {
    if (Extent.eraOf(extent) > pinnedEra) {
      now.change(Location.segmentOf(location), -Extent.shareOf(extent));
    }
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

  boolean pinned(long extent) {
    return Extent.eraOf(extent) <= pinnedEra;
  }
}
