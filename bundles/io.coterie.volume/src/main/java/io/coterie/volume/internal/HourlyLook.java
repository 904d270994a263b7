package io.coterie.volume.internal;

import io.coterie.base.seam.SystemThreads;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does something every hour in a thread of its own; a failure is logged, and the next hour counts.
 */
final class HourlyLook {
  private static final Logger LOG = LoggerFactory.getLogger(HourlyLook.class);
  private static final long LOOK_MILLIS = TimeUnit.HOURS.toMillis(1);

  private final long firstMillis;
  private final Runnable act;
  private final String failure;
  private final Thread thread;

  /**
   * Begins.
   *
   * @param firstMillis how long to wait before the first time
   * @param failure what is logged with an error: its code first
   */
  HourlyLook(String threadName, long firstMillis, Runnable act, String failure) {
    this.firstMillis = firstMillis;
    this.act = act;
    this.failure = failure;
    this.thread = new SystemThreads().start(threadName, this::run);
  }

  private void run() {
    try {
      Thread.sleep(firstMillis);
      while (!Thread.currentThread().isInterrupted()) {
        look();
        Thread.sleep(LOOK_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void look() {
    try {
      act.run();
    } catch (RuntimeException e) {
      if (!Thread.currentThread().isInterrupted()) {
        LOG.error("{}; tried again in an hour", failure, e);
      }
    }
  }

  void stop() {
    thread.interrupt();
  }
}
