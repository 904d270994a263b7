package io.coterie.base.seam;

import java.util.concurrent.ExecutorService;

/** Threads as a dependency: every thread of a device is made here and has a name. Thread-safe. */
public interface Threads {
  /** Starts a daemon thread. Its uncaught exceptions are logged by the implementation. */
  Thread start(String name, Runnable body);

  /**
   * A pool of at most {@code threadCount} daemon threads with a queue of at most {@code
   * queueLimit}; a task beyond that is refused with {@link
   * java.util.concurrent.RejectedExecutionException}. Idle threads end after some seconds. The
   * caller shuts it down.
   */
  ExecutorService pool(String name, int threadCount, int queueLimit);
}
