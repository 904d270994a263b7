package io.coterie.volume.internal.engine;

import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.log.LogWriter;
import io.coterie.volume.internal.log.SegmentTable;
import io.coterie.volume.internal.map.HeadMap;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How far the log has run ahead of the disk and of the last checkpoint, and what follows from it.
 */
final class Backlog {
  private static final long CHECKPOINT_BYTES = 64L << 20;

  /** A checkpoint writes the whole table of segments, about so much of it for each. */
  private static final long BYTES_PER_SEGMENT = 5;

  private static final long TABLES_BETWEEN_CHECKPOINTS = 64;
  private static final long WRITER_STALL_MILLIS = 30_000;

  /** So many checkpoints may be due before a writer is slowed down, and before it has to wait. */
  private static final long FREE_INTERVALS = 2;

  private static final long LIMIT_INTERVALS = 6;
  private static final long LONGEST_PACE_NANOS = TimeUnit.MILLISECONDS.toNanos(40);

  /** Shorter ones are put off: they would take longer than asked for. */
  private static final long SHORTEST_PACE_NANOS = TimeUnit.MICROSECONDS.toNanos(500);

  /** What a byte costs where the pace is slowest: 16 MiB in a second, all writers together. */
  private static final long SLOWEST_NANOS_PER_BYTE = 60;

  private static final int FORCED_SEGMENTS = 4;
  private static final long DATA_GRANULES =
      (long) (Sizes.SEGMENT_BLOCKS - 1) * Sizes.BLOCK_GRANULES;

  private final ReentrantLock lock;
  private final Condition shorter;
  private final VolumeState state;
  private final SegmentTable segments;
  private final HeadMap map;
  private final LogWriter log;
  private final CleaningPolicy policy;
  private long loggedAtCheckpoint;
  private boolean cleaning;

  /** Up to here writers have waited for the cleaner. */
  private long paidBytes;

  /** A writer waited in vain: until the next checkpoint the others need not try. */
  private boolean stalled;

  Backlog(
      ReentrantLock lock,
      VolumeState state,
      SegmentTable segments,
      HeadMap map,
      LogWriter log,
      CleaningPolicy policy) {
    this.lock = lock;
    this.shorter = lock.newCondition();
    this.state = state;
    this.segments = segments;
    this.map = map;
    this.log = log;
    this.policy = policy;
  }

  /**
   * Back-pressure. A writer that is ahead of the disk is slowed down the more the further it is, so
   * that it seldom has to stop; at the limit it waits for a checkpoint. Under the lock.
   */
  void awaitRoom(Runnable wakeKeeper) throws IOException {
    long paceNanos = Math.max(paceForCheckpoint(), paceForCleaner());
    if (paceNanos > 0 && !atLimit()) {
      wakeKeeper.run();
      await(paceNanos);
      return;
    }
    long leftNanos = TimeUnit.MILLISECONDS.toNanos(WRITER_STALL_MILLIS);
    while (atLimit() && state.takesWrites()) {
      wakeKeeper.run();
      leftNanos = stalled ? 0 : await(leftNanos);
      if (leftNanos <= 0) {
        stalled = true;
        throw new IOException(
            "the log is full: no checkpoint within " + WRITER_STALL_MILLIS + " ms");
      }
    }
  }

  /** Lets a writer pay for what was logged, between two parts of a long batch. Under the lock. */
  void pace(Runnable wakeKeeper) throws IOException {
    long paceNanos = paceForCleaner();
    if (paceNanos > 0) {
      wakeKeeper.run();
      await(paceNanos);
    }
  }

  private long paceForCheckpoint() {
    return part(
        LONGEST_PACE_NANOS,
        sinceCheckpoint(),
        FREE_INTERVALS * interval(),
        LIMIT_INTERVALS * interval());
  }

  /**
   * What is to be paid for the bytes that were logged since somebody paid last, however many
   * writers there are and however much each of them submits at once. Without it a log that is
   * overwritten at random grows faster than the cleaner makes room.
   */
  private long paceForCleaner() {
    long perByte = cleaning ? nanosPerByte() : 0; // to wait for nothing gained is no use
    if (perByte == 0) {
      paidBytes = log.loggedBytes();
      return 0;
    }
    long owed = (log.loggedBytes() - paidBytes) * perByte;
    if (owed < SHORTEST_PACE_NANOS) {
      return 0;
    }
    long paid = Math.min(owed, LONGEST_PACE_NANOS);
    paidBytes += paid / perByte;
    return paid;
  }

  private long nanosPerByte() {
    long full = segments.liveGranules() / DATA_GRANULES + 1;
    long begins = full * policy.crowdedPercent() / 100 + policy.burstSegments();
    long ends = full * policy.mostPercent() / 100;
    return part(
        SLOWEST_NANOS_PER_BYTE,
        segments.count(),
        begins,
        Math.max(ends, begins + policy.burstSegments() / 4));
  }

  /** Nothing up to where it begins, all from where it ends. */
  private static long part(long all, long now, long begins, long ends) {
    return now <= begins
        ? 0
        : all * Math.min(now - begins, ends - begins) / Math.max(1, ends - begins);
  }

  /** Whether the cleaner makes room. Under the lock. */
  void setCleaning(boolean works) {
    cleaning = works;
  }

  private long await(long nanos) throws IOException {
    try {
      return shorter.awaitNanos(nanos);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private boolean atLimit() {
    return map.crowded() || sinceCheckpoint() > LIMIT_INTERVALS * interval();
  }

  /** How much is written between two checkpoints. */
  private long interval() {
    return CHECKPOINT_BYTES + TABLES_BETWEEN_CHECKPOINTS * BYTES_PER_SEGMENT * segments.count();
  }

  private long sinceCheckpoint() {
    return log.loggedBytes() - loggedAtCheckpoint;
  }

  /** A checkpoint is durable that began when so much was logged. Under the lock. */
  void checkpointed(long loggedBytes) {
    loggedAtCheckpoint = loggedBytes;
    stalled = false;
    shorter.signalAll();
  }

  /** Those who wait look again. Under the lock. */
  void wakeWriters() {
    shorter.signalAll();
  }

  /**
   * What is due now.
   *
   * @param force so much was written that a flush would have to wait for it
   */
  record Due(boolean force, boolean checkpoint, boolean anythingLogged) {
    /** Whether the keeper has something to do. */
    boolean upkeep() {
      return force || checkpoint;
    }
  }

  Due due() {
    lock.lock();
    try {
      boolean works = state.takesWrites();
      return new Due(
          works && log.dirtySegments() >= FORCED_SEGMENTS,
          works && (map.checkpointDue() || sinceCheckpoint() > interval()),
          works && sinceCheckpoint() > 0);
    } finally {
      lock.unlock();
    }
  }
}
