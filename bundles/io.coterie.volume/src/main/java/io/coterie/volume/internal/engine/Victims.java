package io.coterie.volume.internal.engine;

import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.log.LogWriter;
import io.coterie.volume.internal.log.SegmentFiles;
import io.coterie.volume.internal.log.SegmentTable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/** Chooses the segments that are emptied next. Called by one thread at a time. */
final class Victims {
  /** What one round moves at most; its places are in memory until a checkpoint. */
  private static final long MAX_MOVED_GRANULES = 8192L * Sizes.BLOCK_GRANULES;

  private static final int MAX_VICTIMS = 64;

  /** A round is worth it if of so many segments one is gained. */
  private static final int LEAST_GAIN = 16;

  private static final long DATA_GRANULES =
      (long) (Sizes.SEGMENT_BLOCKS - 1) * Sizes.BLOCK_GRANULES;

  private final ReentrantLock lock;
  private final VolumeState state;
  private final SegmentTable segments;
  private final SegmentFiles files;
  private final LogWriter log;
  private final CleaningPolicy policy;

  /** Damaged ones. Guarded by the lock. */
  private final Set<Long> leftAlone = new HashSet<>();

  /** Guarded by the lock. */
  private long restUntilBytes;

  Victims(
      ReentrantLock lock,
      VolumeState state,
      SegmentTable segments,
      SegmentFiles files,
      LogWriter log,
      CleaningPolicy policy) {
    this.lock = lock;
    this.state = state;
    this.segments = segments;
    this.files = files;
    this.log = log;
    this.policy = policy;
  }

  /** These are damaged: they stay as they are from now on. */
  void leaveAlone(Collection<Long> ids) {
    lock.lock();
    try {
      leftAlone.addAll(ids);
    } finally {
      lock.unlock();
    }
  }

  /**
   * A round was done; what writers filled meanwhile is not its concern.
   *
   * @param emptied how many segments were emptied
   * @param filled how many it took for what was live in them
   * @return true when it was worth it
   */
  boolean cleaned(int emptied, int filled) {
    boolean gained = emptied > 0 && (emptied - filled) * LEAST_GAIN >= emptied;
    lock.lock();
    try {
      if (!gained) {
        restUntilBytes = log.loggedBytes() + policy.restBytes();
      }
    } finally {
      lock.unlock();
    }
    return gained;
  }

  /** The emptiest segments, when all take too much more than what is live; or none. */
  List<Long> emptiest() throws IOException {
    List<Long> worthIt = new ArrayList<>();
    lock.lock();
    try {
      long full = segments.liveGranules() / DATA_GRANULES + 1;
      int[] withData = new int[1];
      segments.forEach(
          (id, live, epoch) -> {
            if (live > 0 && log.sealed(id) && !leftAlone.contains(id)) {
              withData[0]++;
              if (live * 100L < policy.maxLivePercent() * DATA_GRANULES) {
                worthIt.add(id);
              }
            }
          });
      long tooMany = withData[0] - full * policy.crowdedPercent() / 100 - policy.slackSegments();
      boolean rests = log.loggedBytes() < restUntilBytes;
      if (tooMany <= 0 || rests || !state.takesWrites()) {
        return List.of();
      }
      worthIt.sort(Comparator.comparingInt(segments::live));
      return few(worthIt);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Segments under old keys.
   *
   * @param toEmpty some that have something live
   * @param othersGo true when there are others that go with the next checkpoints
   */
  record OldKeys(List<Long> toEmpty, boolean othersGo) {}

  OldKeys underOldKeys() throws IOException {
    List<Long> old = new ArrayList<>();
    boolean[] othersGo = new boolean[1];
    lock.lock();
    try {
      if (!state.takesWrites()) {
        return new OldKeys(List.of(), false);
      }
      segments.forEach(
          (id, live, epoch) -> {
            if (epoch < files.currentEpoch()) {
              othersGo[0] |= live == 0 || !log.sealed(id);
              if (live > 0 && log.sealed(id) && !leftAlone.contains(id)) {
                old.add(id);
              }
            }
          });
      return new OldKeys(few(old), othersGo[0]);
    } finally {
      lock.unlock();
    }
  }

  /** As many of them as one round takes. */
  private List<Long> few(List<Long> ids) throws IOException {
    long most = Math.min(MAX_MOVED_GRANULES, files.roomForCleaningBytes() / Sizes.GRANULE);
    long granules = 0;
    int count = 0;
    while (count < Math.min(ids.size(), MAX_VICTIMS)
        && granules + segments.live(ids.get(count)) <= most) {
      granules += segments.live(ids.get(count++));
    }
    return List.copyOf(ids.subList(0, count));
  }
}
