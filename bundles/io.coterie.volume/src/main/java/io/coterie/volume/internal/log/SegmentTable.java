package io.coterie.volume.internal.log;

import java.util.Arrays;

/**
 * The segments that exist, how much of each is live, and of which epoch it is: 16 bytes each, in
 * open addressing. Guarded by the volume's lock.
 */
public final class SegmentTable {
  private static final int SMALLEST = 64;

  /** Numbers begin at 1. */
  private static final long FREE = 0;

  private long[] ids = new long[SMALLEST];
  private int[] live = new int[SMALLEST];
  private int[] epochs = new int[SMALLEST];
  private int count;
  private long liveGranules;
  private long nextId = 1;

  /** A copy that changes apart from this one. */
  public SegmentTable copy() {
    SegmentTable copy = new SegmentTable();
    copy.ids = ids.clone();
    copy.live = live.clone();
    copy.epochs = epochs.clone();
    copy.count = count;
    copy.liveGranules = liveGranules;
    copy.nextId = nextId;
    return copy;
  }

  private int find(long id) {
    int at = (int) ((id * 0x9E3779B97F4A7C15L) >>> 32) & (ids.length - 1);
    while (ids[at] != FREE && ids[at] != id) {
      at = (at + 1) & (ids.length - 1);
    }
    return at;
  }

  public long nextId() {
    return nextId;
  }

  /** Keeps numbers from being used again that a lost or damaged file had. */
  public void reserveUpTo(long id) {
    nextId = Math.max(nextId, id + 1);
  }

  /** Takes a segment in; one that is known stays as it is. */
  public void add(long id, int epoch, int liveNow) {
    reserveUpTo(id);
    int at = find(id);
    if (ids[at] == id) {
      return;
    }
    ids[at] = id;
    live[at] = liveNow;
    epochs[at] = epoch;
    liveGranules += liveNow;
    if (++count * 3 > ids.length * 2) {
      grow();
    }
  }

  private void grow() {
    long[] oldIds = ids;
    int[] oldLive = live;
    int[] oldEpochs = epochs;
    ids = new long[oldIds.length * 2];
    live = new int[oldIds.length * 2];
    epochs = new int[oldIds.length * 2];
    for (int i = 0; i < oldIds.length; i++) {
      if (oldIds[i] != FREE) {
        int at = find(oldIds[i]);
        ids[at] = oldIds[i];
        live[at] = oldLive[i];
        epochs[at] = oldEpochs[i];
      }
    }
  }

  public boolean contains(long id) {
    return ids[find(id)] == id;
  }

  public int live(long id) {
    int at = find(id);
    return ids[at] == id ? live[at] : 0;
  }

  public int epoch(long id) {
    return epochs[find(id)];
  }

  /** More or less of a segment is live; one that is not known is left out. */
  public void change(long id, int granules) {
    int at = find(id);
    if (ids[at] == id) {
      live[at] += granules;
      liveGranules += granules;
    }
  }

  /** All that was live in a segment has moved away. */
  public void empty(long id) {
    change(id, -live(id));
  }

  /** Live granules of all segments. */
  public long liveGranules() {
    return liveGranules;
  }

  public int count() {
    return count;
  }

  public void remove(long id) {
    int gap = find(id);
    if (ids[gap] != id) {
      return;
    }
    liveGranules -= live[gap];
    count--;
    ids[gap] = FREE;
    // Those behind the gap are put in anew, so that each is found again.
    int at = gap + 1 & ids.length - 1;
    while (ids[at] != FREE) {
      long moved = ids[at];
      ids[at] = FREE;
      int to = find(moved);
      ids[to] = moved;
      live[to] = live[at];
      epochs[to] = epochs[at];
      at = (at + 1) & (ids.length - 1);
    }
  }

  /** Takes segments one by one. */
  public interface Visitor {
    void segment(long id, int liveGranules, int epoch);
  }

  /** Shows all segments, in no order. The table must not change meanwhile. */
  public void forEach(Visitor visitor) {
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] != FREE) {
        visitor.segment(ids[i], live[i], epochs[i]);
      }
    }
  }

  /** The numbers of all segments, rising. */
  public long[] ids() {
    long[] all = new long[count];
    int at = 0;
    for (long id : ids) {
      if (id != FREE) {
        all[at++] = id;
      }
    }
    Arrays.sort(all);
    return all;
  }
}
