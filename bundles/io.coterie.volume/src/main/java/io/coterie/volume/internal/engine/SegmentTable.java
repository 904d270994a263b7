package io.coterie.volume.internal.engine;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;

/**
 * The segments of an open volume and how many live blocks each holds. Guarded by the volume's lock.
 */
final class SegmentTable implements BlockMap.Observer {
  private final TreeMap<Long, Segment> segments = new TreeMap<>();
  private long nextId = 1;

  long nextId() {
    return nextId;
  }

  void add(Segment segment) {
    segments.put(segment.id(), segment);
    nextId = Math.max(nextId, segment.id() + 1);
  }

  /** Keeps ids from being used again that a lost or damaged file had. */
  void reserveUpTo(long id) {
    nextId = Math.max(nextId, id + 1);
  }

  Segment get(long id) {
    return segments.get(id);
  }

  void remove(Segment segment) {
    segments.remove(segment.id());
  }

  Collection<Segment> all() {
    return segments.values();
  }

  int count() {
    return segments.size();
  }

  List<Segment> dirty() {
    List<Segment> found = new ArrayList<>();
    for (Segment segment : segments.values()) {
      if (segment.dirty()) {
        found.add(segment);
      }
    }
    return found;
  }

  @Override
  public void referenced(long segmentId) {
    change(segmentId, 1);
  }

  @Override
  public void released(long segmentId) {
    change(segmentId, -1);
  }

  private void change(long segmentId, int change) {
    Segment segment = segments.get(segmentId);
    if (segment != null) {
      segment.addLive(change);
    }
  }
}
