package io.coterie.volume.internal.log;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/** Group commit: one force at a time, and whoever comes meanwhile shares the next. Thread-safe. */
public final class Flusher {
  private final ReentrantLock volumeLock;
  private final LogWriter log;
  private final OpenSegments open;
  private final SegmentFiles files;
  private final Consumer<IOException> whenBroken;
  private long durable;
  private boolean running;
  private IOException broken;

  /**
   * A flusher of one volume.
   *
   * @param whenBroken is told, once, of the force that failed
   */
  public Flusher(
      ReentrantLock volumeLock,
      LogWriter log,
      OpenSegments open,
      SegmentFiles files,
      Consumer<IOException> whenBroken) {
    this.volumeLock = volumeLock;
    this.log = log;
    this.open = open;
    this.files = files;
    this.whenBroken = whenBroken;
  }

  /** Returns once commit {@code target} is on disk. A failed force is never forgiven. */
  public void await(long target) throws IOException {
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
      whenBroken.accept(e);
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
   * Forces segments that recovery found: their content may still be in the page cache only.
   *
   * @param ids of those behind the last checkpoint
   */
  public void forceFound(long[] ids) throws IOException {
    for (long id : ids) {
      Segment segment = open.acquire(id);
      try {
        segment.force();
      } finally {
        open.release(segment);
      }
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
      dirty = log.takeDirty();
      commit = log.commit();
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
        for (Segment segment : dirty) {
          open.release(segment);
        }
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
