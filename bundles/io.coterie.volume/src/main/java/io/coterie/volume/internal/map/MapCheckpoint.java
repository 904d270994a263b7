package io.coterie.volume.internal.map;

import io.coterie.volume.internal.log.LogWriter;
import io.coterie.volume.internal.log.SegmentTable;
import java.io.IOException;
import java.util.concurrent.locks.Lock;

/**
 * The map's part in one checkpoint: set apart what changed, write it, and then either take the new
 * tree in or go back. Used once, by one thread; what needs the volume's lock says so.
 */
public final class MapCheckpoint {
  private final HeadMap map;
  private final LiveSpace live;
  private final Relocation relocation;
  private final HeadMap.Frozen frozen;
  private final SegmentTable table;
  private TreeWriter writer;

  private MapCheckpoint(
      HeadMap map,
      LiveSpace live,
      Relocation relocation,
      HeadMap.Frozen frozen,
      SegmentTable table) {
    this.map = map;
    this.live = live;
    this.relocation = relocation;
    this.frozen = frozen;
    this.table = table;
  }

  /**
   * Begins. Under the lock, when nothing is staged.
   *
   * @param relocation what the cleaner moved, or null
   */
  public static MapCheckpoint begin(HeadMap map, LiveSpace live, Relocation relocation) {
    HeadMap.Frozen frozen = map.freeze(relocation);
    return new MapCheckpoint(map, live, relocation, frozen, live.begin());
  }

  public int era() {
    return frozen.era;
  }

  public long mapped() {
    return frozen.mapped;
  }

  /**
   * Stages the nodes. Without the lock.
   *
   * @return the pointer to the top
   */
  public long[] write(Lock lock, LogWriter log, NodeReader reader) throws IOException {
    writer = new TreeWriter(lock, log, reader, live, frozen, relocation);
    long[] top = writer.write(map.topLevel());
    lock.lock();
    try {
      if (relocation != null) {
        relocation.victims().forEach(table::empty);
      }
    } finally {
      lock.unlock();
    }
    return top;
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
    live.end();
  }

  /** It failed. Under the lock. */
  public void undo() {
    live.end();
    map.thaw(frozen);
  }
}
