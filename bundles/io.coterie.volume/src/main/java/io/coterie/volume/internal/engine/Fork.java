package io.coterie.volume.internal.engine;

import io.coterie.volume.internal.format.SnapshotEntry;
import io.coterie.volume.internal.log.SegmentTable;
import java.util.HashSet;
import java.util.Set;

/**
 * What a clone begins with.
 *
 * @param snapshot whose tree is the first of the clone
 * @param segments those that the tree needs, and how much of each
 */
public record Fork(SnapshotEntry snapshot, SegmentTable segments) {
  /** Those of which there are segments. */
  public Set<Integer> epochs() {
    Set<Integer> found = new HashSet<>();
    segments.forEach((id, live, epoch) -> found.add(epoch));
    return found;
  }
}
