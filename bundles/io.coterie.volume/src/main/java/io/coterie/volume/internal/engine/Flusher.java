package io.coterie.volume.internal.engine;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/** Group commit: one force at a time, and whoever comes meanwhile shares the next. Thread-safe. */
final class Flusher {
  private final ReentrantLock volumeLock;
  private final LogWriter log;
  private final SegmentTable segments;
  private final SegmentFiles files;
  private long durable;
  private boolean running;
  private IOException broken;

  Flusher(ReentrantLock volumeLock, LogWriter log, SegmentTable segments, SegmentFiles files) {
    this.volumeLock = volumeLock;
    this.log = log;
    this.segments = segments;
    this.files = files;
  }

  /** Returns once commit {@code target} is on disk. A failed force is never forgiven. */
  void await(long target) throws IOException {
    synchronized (this) {
      boolean interrupted = false;
      while (running && durable < target && broken == null) {
        try {
          wait();
        } catch (InterruptedException e) {
          interrupted = true; // a force ends soon, and nobody's hang-up may break it
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      if (broken != null) {
        throw new IOException("an earlier force failed: " + broken.getMessage(), broken);
      }
      if (durable >= target) {
        return;
      }
      running = true;
    }
    long forced = -1;
    try {
      forced = forceDirty();
    } catch (IOException e) {
      synchronized (this) {
        broken = e;
      }
      throw e;
    } finally {
      synchronized (this) {
        durable = Math.max(durable, forced);
        running = false;
        notifyAll();
      }
    }
  }

  /**
   * Forces every segment, used after recovery: their content may still be in the page cache only.
   */
  void forceAll() throws IOException {
    for (Segment segment : segments.all()) {
      segment.force();
    }
    files.forceDirectory();
    synchronized (this) {
      durable = log.commit();
    }
  }

  private long forceDirty() throws IOException {
    List<Segment> dirty;
    long commit;
    volumeLock.lock();
    try {
      dirty = segments.dirty();
      commit = log.commit();
      for (Segment segment : dirty) {
        segment.setDirty(false);
        segment.pin();
      }
    } finally {
      volumeLock.unlock();
    }
    boolean anyNew = false;
    boolean done = false;
    try {
      for (Segment segment : dirty) {
        segment.force();
        anyNew |= segment.firstForce();
      }
      if (anyNew) {
        files.forceDirectory();
      }
      done = true;
    } finally {
      volumeLock.lock();
      try {
        dirty.forEach(Segment::unpin);
        if (done) {
          log.setDurable(commit);
        }
      } finally {
        volumeLock.unlock();
      }
    }
    return commit;
  }
}
