package io.coterie.volume.internal.engine;

import io.coterie.volume.internal.engine.CheckpointFiles.Position;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What keeps a log short: checkpoints of the map, and the cleaner. Runs on the keeper's thread, and
 * once at opening and closing. Thread-safe by the volume's lock.
 */
final class Upkeep {
  private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);
  static final long CHECKPOINT_BYTES = 64L << 20;
  private static final long WRITER_STALL_MILLIS = 30_000;

  private final ReentrantLock lock;
  private final Condition roomInLog;
  private final VolumeState state;
  private final SegmentTable segments;
  private final SegmentFiles files;
  private final CheckpointFiles checkpoints;
  private final BlockMap map;
  private final LogWriter log;
  private final BlockReader reader;
  private final Flusher flusher;
  private long checkpointNumber;
  private long loggedAtCheckpoint;
  private List<Segment> deadAtLastCheckpoint = List.of();

  Upkeep(
      ReentrantLock lock,
      VolumeState state,
      SegmentTable segments,
      SegmentFiles files,
      CheckpointFiles checkpoints,
      BlockMap map,
      LogWriter log,
      BlockReader reader,
      Flusher flusher,
      long checkpointNumber) {
    this.lock = lock;
    this.roomInLog = lock.newCondition();
    this.state = state;
    this.segments = segments;
    this.files = files;
    this.checkpoints = checkpoints;
    this.map = map;
    this.log = log;
    this.reader = reader;
    this.flusher = flusher;
    this.checkpointNumber = checkpointNumber;
  }

  /** Back-pressure: a writer waits while the log runs far ahead of the checkpoints. */
  void awaitRoom(Runnable wakeKeeper) throws IOException {
    long leftNanos = TimeUnit.MILLISECONDS.toNanos(WRITER_STALL_MILLIS);
    while (loggedSinceCheckpoint() > 4 * checkpointBytes() && state.takesWrites()) {
      wakeKeeper.run();
      try {
        leftNanos = roomInLog.awaitNanos(leftNanos);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
      if (leftNanos <= 0) {
        throw new IOException(
            "the log is full: no checkpoint within " + WRITER_STALL_MILLIS + " ms");
      }
    }
  }

  private long checkpointBytes() {
    // A checkpoint writes the whole map: make it rarer as the map grows.
    return CHECKPOINT_BYTES + 8 * map.mapped() * BlockMap.LONGS_PER_BLOCK * 8;
  }

  private long loggedSinceCheckpoint() {
    return log.loggedBytes() - loggedAtCheckpoint;
  }

  boolean checkpointDue() {
    lock.lock();
    try {
      return state.takesWrites() && loggedSinceCheckpoint() > checkpointBytes();
    } finally {
      lock.unlock();
    }
  }

  boolean anythingLogged() {
    lock.lock();
    try {
      return state.takesWrites() && loggedSinceCheckpoint() > 0;
    } finally {
      lock.unlock();
    }
  }

  /** False when there is no room for it: the checkpoint before still serves. */
  boolean tryCheckpoint() {
    try {
      checkpoint();
      return true;
    } catch (IOException e) {
      LOG.warn("COT-0511 a checkpoint failed and is tried again: {}", e.toString());
      return false;
    }
  }

  /** Writes the map durably; then segments that were dead at the checkpoint before go. */
  void checkpoint() throws IOException {
    long[][] leaves;
    Position position;
    long logged;
    List<Segment> dead = new ArrayList<>();
    lock.lock();
    try {
      log.submit();
      leaves = map.snapshot();
      position = new Position(log.segmentId(), log.nextIndex(), log.commit(), log.chain());
      logged = log.loggedBytes();
      for (Segment segment : segments.all()) {
        if (segment.sealed() && segment.live() == 0 && segment.id() < position.segmentId()) {
          dead.add(segment);
        }
      }
    } finally {
      lock.unlock();
    }
    flusher.await(position.commit());
    checkpoints.write(++checkpointNumber, leaves, position);
    List<Segment> removable = new ArrayList<>();
    lock.lock();
    try {
      loggedAtCheckpoint = logged;
      deadAtLastCheckpoint.forEach(Segment::condemn);
      deadAtLastCheckpoint = dead;
      for (Segment segment : segments.all()) {
        if (segment.removable()) {
          removable.add(segment);
        }
      }
      removable.forEach(segments::remove);
      roomInLog.signalAll();
    } finally {
      lock.unlock();
    }
    for (Segment segment : removable) {
      files.retire(segment);
    }
  }

  /**
   * Moves the live blocks of the emptiest segment, if the log takes too much room; true if it did.
   */
  boolean cleanOne() throws IOException {
    Segment victim;
    lock.lock();
    try {
      if (!state.takesWrites()) {
        return false;
      }
      victim = Cleaning.choose(segments, map);
      if (victim == null) {
        return false;
      }
      victim.pin();
    } finally {
      lock.unlock();
    }
    boolean read = false;
    try {
      new Cleaning(lock, segments, map, log, reader).empty(victim);
      read = true;
    } finally {
      lock.lock();
      try {
        if (read && victim.live() > 0) {
          victim.setDamaged(); // what is left cannot be moved
        }
        victim.unpin();
      } finally {
        lock.unlock();
      }
    }
    return true;
  }

  /** Its upkeep cannot go on: no more writes. */
  void failed(String what) {
    lock.lock();
    try {
      state.stopWrites(what);
      state.found(what);
      roomInLog.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
