package io.coterie.volume.internal.log;

/**
 * Who still reads: a place that is given up may be used again only when everybody who looked it up
 * before is done (epoch-based reclamation: K. Fraser, Practical lock-freedom, 2004, section 5.2.3).
 * Thread-safe. Whoever looks places up enters under the lock under which they are given up.
 */
public final class Readers {
  private static final int PERIODS = 64;

  private final int[] active = new int[PERIODS];
  private long current;

  /** Begins to read; the result is for {@link #exit}. */
  public synchronized long enter() {
    active[(int) (current % PERIODS)]++;
    return current;
  }

  public synchronized void exit(long period) {
    active[(int) (period % PERIODS)]--;
  }

  /**
   * Something was given up just now.
   *
   * @return the period up to which everybody must be done before it is used again
   */
  public synchronized long giveUp() {
    long period = current;
    // With somebody still in the counter that would come next, the period simply goes on.
    if (active[(int) ((current + 1) % PERIODS)] == 0) {
      current++;
    }
    return period;
  }

  /** True when all are done that entered in this period or before. */
  public synchronized boolean doneUpTo(long period) {
    if (period >= current) {
      return false;
    }
    for (long p = Math.max(0, current - PERIODS + 1); p <= period; p++) {
      if (active[(int) (p % PERIODS)] > 0) {
        return false;
      }
    }
    return true;
  }
}
