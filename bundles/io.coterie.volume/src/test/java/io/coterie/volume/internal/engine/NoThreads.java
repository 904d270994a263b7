package io.coterie.volume.internal.engine;

import io.coterie.base.seam.Threads;
import java.util.concurrent.ExecutorService;

/** Nothing runs in the background: each act is repeatable. */
public final class NoThreads implements Threads {
  @Override
  public Thread start(String name, Runnable body) {
    return new Thread(body, name);
  }

  @Override
  public ExecutorService pool(String name, int threadCount, int queueLimit) {
    throw new AssertionError("a volume has one thread of its own and no pool");
  }
}
