package io.coterie.testkit;

import io.coterie.base.seam.Clock;
import java.util.concurrent.atomic.AtomicLong;

/** Stands still until a test moves it on. Wall and monotonic time are the same. Thread-safe. */
public final class ManualClock implements Clock {
  private final AtomicLong nowMillis;

  public ManualClock(long nowMillis) {
    this.nowMillis = new AtomicLong(nowMillis);
  }

  public void advance(long millis) {
    nowMillis.addAndGet(millis);
  }

  @Override
  public long wallMillis() {
    return nowMillis.get();
  }

  @Override
  public long monotonicNanos() {
    return nowMillis.get() * 1_000_000;
  }
}
