package io.coterie.volume.internal.engine;

import io.coterie.volume.api.DamagedBlockException;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.log.LogWriter;
import io.coterie.volume.internal.map.HeadMap;
import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;

/** Finds runs of blocks that hold data, or none, in the volume as it is now. Thread-safe. */
final class Extents {
  private static final long MOST_BLOCKS = 64L * Sizes.LEAF_ENTRIES;

  /** So many leaves more than the first are looked at together: a short run needs no more. */
  private static final long MORE_LEAVES = 3;

  private final ReentrantLock lock;
  private final MapLock mapLock;
  private final HeadMap map;
  private final LogWriter log;

  Extents(ReentrantLock lock, MapLock mapLock, HeadMap map, LogWriter log) {
    this.lock = lock;
    this.mapLock = mapLock;
    this.map = map;
    this.log = log;
  }

  /**
   * How many bytes from an offset on are of the same kind, at most so many; looks at a part of them
   * only.
   *
   * @return positive when they hold data, negative when they are a hole
   */
  long find(long offset, long length) throws IOException {
    long first = offset / Sizes.BLOCK;
    long end = offset + length;
    long last = Math.min((end - 1) / Sizes.BLOCK, first + MOST_BLOCKS - 1);
    boolean data = false;
    long at = first;
    boolean more = true;
    while (more) {
      long lastHere = Math.min(last, endOfLeaf(at) - 1 + MORE_LEAVES * Sizes.LEAF_ENTRIES);
      mapLock.lock(at, lastHere);
      try {
        log.submit();
        data = at == first ? map.hasData(at) : data;
        if (map.hasData(at) == data) {
          at = endOfRun(at, lastHere);
        }
        more = at == lastHere + 1 && at <= last;
      } catch (DamagedBlockException e) {
        if (at == first) {
          throw e;
        }
        more = false; // whoever asks about that block learns of it
      } finally {
        lock.unlock();
      }
    }
    long found = Math.min(at * Sizes.BLOCK, end) - offset;
    return data ? found : -found;
  }

  /** A damaged node behind the first leaf does not keep the run before it from being told. */
  private long endOfRun(long first, long last) throws IOException {
    try {
      return map.endOfRun(first, last);
    } catch (DamagedBlockException e) {
      return map.endOfRun(first, Math.min(last, endOfLeaf(first) - 1));
    }
  }

  private static long endOfLeaf(long lba) {
    return (lba / Sizes.LEAF_ENTRIES + 1) * Sizes.LEAF_ENTRIES;
  }
}
