package io.coterie.identity.internal;

import io.coterie.base.seam.Clock;
import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.Threads;
import io.coterie.crypto.api.CryptoException;
import io.coterie.mesh.api.LocalIdentity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Callers that seal and open without a pause, to show that nothing is lost while a plugin is
 * exchanged.
 */
public final class SealingLoad {
  private static final Logger LOG = LoggerFactory.getLogger(SealingLoad.class);
  private static final String PURPOSE = "coterie-selftest";

  private final LocalIdentity identity;
  private final Entropy entropy;
  private final Clock clock;
  private final AtomicLong calls = new AtomicLong();
  private final AtomicLong failures = new AtomicLong();
  private final AtomicLong longestNanos = new AtomicLong();

  public SealingLoad(LocalIdentity identity, Entropy entropy, Clock clock) {
    this.identity = identity;
    this.entropy = entropy;
    this.clock = clock;
  }

  /** How it went. */
  public record Result(long calls, long failures, long longestMillis) {}

  /** Runs so many callers for so long. */
  public Result run(Threads threads, int callers, long millis) throws InterruptedException {
    long end = clock.monotonicMillis() + millis;
    List<Thread> running = new ArrayList<>();
    for (int i = 0; i < callers; i++) {
      running.add(threads.start("selftest", () -> call(end)));
    }
    try {
      for (Thread thread : running) {
        thread.join();
      }
    } finally {
      running.forEach(Thread::interrupt);
    }
    return new Result(calls.get(), failures.get(), longestNanos.get() / 1_000_000);
  }

  private void call(long end) {
    byte[] publicKey = identity.keys().kem();
    while (clock.monotonicMillis() < end && !Thread.currentThread().isInterrupted()) {
      long began = clock.monotonicNanos();
      byte[] secret = entropy.bytes(32);
      try {
        byte[] box = identity.seal(publicKey, PURPOSE, secret);
        if (!Arrays.equals(secret, identity.unseal(PURPOSE, box))) {
          failures.incrementAndGet();
        }
      } catch (CryptoException | RuntimeException e) {
        LOG.warn("COT-0309 a call of the self-test failed", e);
        failures.incrementAndGet();
      }
      calls.incrementAndGet();
      longestNanos.accumulateAndGet(clock.monotonicNanos() - began, Math::max);
    }
  }
}
