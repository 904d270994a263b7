package io.coterie.base.seam;

import java.lang.System.Logger.Level;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Real daemon threads. */
public final class SystemThreads implements Threads {
  private static final System.Logger LOG = System.getLogger(SystemThreads.class.getName());
  private static final long IDLE_SECONDS = 10;

  @Override
  public Thread start(String name, Runnable body) {
    Thread thread = make(name, body);
    thread.start();
    return thread;
  }

  @Override
  public ExecutorService pool(String name, int threadCount, int queueLimit) {
    AtomicInteger number = new AtomicInteger();
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            threadCount,
            threadCount,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(queueLimit),
            body -> make(name + "-" + number.incrementAndGet(), body));
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  private static Thread make(String name, Runnable body) {
    Thread thread = new Thread(body, "coterie-" + name);
    thread.setDaemon(true);
    thread.setUncaughtExceptionHandler(
        (t, e) ->
            LOG.log(Level.ERROR, "COT-0001 thread " + t.getName() + " ended unexpectedly", e));
    return thread;
  }
}
