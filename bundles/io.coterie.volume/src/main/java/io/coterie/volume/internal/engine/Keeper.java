package io.coterie.volume.internal.engine;

import io.coterie.base.seam.Clock;
import io.coterie.base.seam.Threads;
import io.coterie.volume.internal.log.SegmentFiles;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The background thread of an open volume: checkpoints, cleaning, spare segments. */
final class Keeper {
  private static final Logger LOG = LoggerFactory.getLogger(Keeper.class);
  private static final long PAUSE_MILLIS = 5_000;
  private static final long STOP_MILLIS = 30_000;

  private final Upkeep upkeep;
  private final SegmentFiles files;
  private final Clock clock;
  private final Thread thread;
  private volatile boolean reencryptionPaused = true;
  private volatile Runnable whenOldKeysAreFree;
  private boolean awake;
  private boolean resting;
  private boolean stopping;

  Keeper(Upkeep upkeep, SegmentFiles files, Threads threads, Clock clock) {
    this.upkeep = upkeep;
    this.files = files;
    this.clock = clock;
    this.thread = threads.start("volume-keeper", this::loop);
  }

  /**
   * Lets what is sealed under old keys be sealed anew, or leaves it.
   *
   * @param whenFree runs, perhaps often, when nothing needs an old key; null when nobody asks
   */
  void setReencryption(boolean paused, Runnable whenFree) {
    reencryptionPaused = paused;
    whenOldKeysAreFree = whenFree;
    wake();
  }

  synchronized void wake() {
    awake = true;
    notifyAll();
  }

  private void loop() {
    while (pause()) {
      try {
        work();
      } catch (IOException e) {
        LOG.warn("COT-0511 a checkpoint failed and is tried again: {}", e.toString());
        rest();
      } catch (RuntimeException e) {
        LOG.error("COT-0512 the volume stops taking writes", e);
        upkeep.failed("its upkeep failed: " + e);
      }
    }
  }

  private void work() throws IOException {
    if (upkeep.due().force()) {
      upkeep.force();
    }
    if (upkeep.due().checkpoint()) {
      upkeep.checkpoint();
    }
    boolean more = true;
    while (more && !stopping()) { // in turns: none of them keeps the others waiting to its end
      more = upkeep.clean();
      more |= upkeep.deletePiece();
      more |= !reencryptionPaused && upkeep.reencrypt();
    }
    upkeep.giveBack();
    Runnable free = whenOldKeysAreFree;
    if (free != null && upkeep.oldKeysAreFree()) {
      free.run();
    }
    if (upkeep.due().anythingLogged()) {
      files.prepareSpares();
    }
  }

  private synchronized boolean stopping() {
    return stopping;
  }

  /** Waits for work; false when the volume closes. What is asked for meanwhile counts anew. */
  private synchronized boolean pause() {
    long end = clock.monotonicMillis() + PAUSE_MILLIS;
    try {
      while ((!awake || resting) && !stopping) {
        long left = end - clock.monotonicMillis();
        if (left <= 0) {
          break;
        }
        wait(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
    awake = false;
    resting = false;
    return !stopping;
  }

  /** After a failure the next try waits for the pause, whoever asks. */
  private synchronized void rest() {
    resting = true;
  }

  void stop() {
    synchronized (this) {
      stopping = true;
      notifyAll();
    }
    try {
      thread.join(STOP_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
