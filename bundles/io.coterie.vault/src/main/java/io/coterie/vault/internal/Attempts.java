package io.coterie.vault.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.seam.Clock;

/**
 * Makes guessing slow: after the third wrong passphrase each further one has to wait, twice as long
 * as the one before, up to a minute. Not thread-safe.
 */
final class Attempts {
  private static final int FREE = 3;
  private static final long MAX_PAUSE_MILLIS = 60_000;

  private final Clock clock;
  private int wrong;
  private long notBeforeMillis;

  Attempts(Clock clock) {
    this.clock = clock;
  }

  /** Refuses when it is too early; the passphrase is not even looked at. */
  void require() {
    long waitMillis = notBeforeMillis - clock.monotonicMillis();
    if (wrong >= FREE && waitMillis > 0) {
      throw CoterieException.of(
          "COT-0342",
          ExitCode.REFUSED,
          wrong + " wrong passphrases in a row",
          "wait " + (waitMillis / 1000 + 1) + " s, then coterie vault unlock");
    }
  }

  void failed() {
    wrong++;
    long pauseMillis = 1000L << Math.min(6, Math.max(0, wrong - FREE));
    notBeforeMillis = clock.monotonicMillis() + Math.min(MAX_PAUSE_MILLIS, pauseMillis);
  }

  void succeeded() {
    wrong = 0;
  }
}
