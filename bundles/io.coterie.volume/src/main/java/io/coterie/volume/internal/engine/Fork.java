package io.coterie.volume.internal.engine;

import io.coterie.volume.internal.format.SnapshotEntry;
import io.coterie.volume.internal.log.SegmentTable;

/**
 * What a clone begins with.
 *
 * @param snapshot whose tree is the first of the clone
 * @param segments those that the tree needs, and how much of each
 */
public record Fork(SnapshotEntry snapshot, SegmentTable segments) {
  /** The oldest epoch of which a segment is; {@link Integer#MAX_VALUE} when there is none. */
  public int oldestEpoch() {
    int[] oldest = {Integer.MAX_VALUE};
    segments.forEach((id, live, epoch) -> oldest[0] = Math.min(oldest[0], epoch));
    return oldest[0];
  }
}
