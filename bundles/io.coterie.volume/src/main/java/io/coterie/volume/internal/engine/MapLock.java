package io.coterie.volume.internal.engine;

import io.coterie.volume.api.DamagedBlockException;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.log.Readers;
import io.coterie.volume.internal.map.HeadMap;
import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Takes a volume's lock with a part of its map in memory, so that nobody waits for the disk under
 * it.
 */
final class MapLock {
  private static final int LEAST_TRIES = 16;

  private final ReentrantLock lock;
  private final VolumeState state;
  private final HeadMap map;
  private final Readers readers;

  MapLock(ReentrantLock lock, VolumeState state, HeadMap map, Readers readers) {
    this.lock = lock;
    this.state = state;
    this.map = map;
    this.readers = readers;
  }

  /**
   * Takes the lock with the map of some blocks in memory. If memory is too short for all of it, or
   * a node is damaged, the rest is fetched under the lock by whoever needs it.
   */
  void lock(long firstLba, long lastLba) throws IOException {
    long tries = LEAST_TRIES + 2 * (lastLba - firstLba) / Sizes.LEAF_ENTRIES;
    Wanted wanted = lockOrMiss(firstLba, lastLba, true);
    while (wanted != null) {
      boolean fetched = fetch(wanted);
      wanted = lockOrMiss(firstLba, lastLba, fetched && tries-- > 0);
    }
  }

  /** A node to fetch, by one who entered as a reader. */
  private record Wanted(HeadMap.Miss miss, long period) {}

  /** Null with the lock taken, or a node to fetch without it. */
  private Wanted lockOrMiss(long firstLba, long lastLba, boolean look) throws IOException {
    lock.lock();
    boolean keep = false;
    try {
      state.checkOpen();
      HeadMap.Miss miss = look ? map.missing(firstLba, lastLba) : null;
      keep = miss == null;
      return keep ? null : new Wanted(miss, readers.enter());
    } finally {
      if (!keep) {
        lock.unlock();
      }
    }
  }

  /** False for a damaged node. */
  private boolean fetch(Wanted wanted) throws IOException {
    try {
      long[] fetched = map.fetch(wanted.miss());
      lock.lock();
      try {
        map.adopt(wanted.miss(), fetched);
      } finally {
        lock.unlock();
      }
      return true;
    } catch (DamagedBlockException e) {
      return false;
    } finally {
      readers.exit(wanted.period());
    }
  }
}
