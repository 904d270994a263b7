package io.coterie.base.hot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.base.error.CoterieException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HotRefTest {
  /** A service that throws once it was taken out of service. */
  private static final class Service {
    private volatile boolean dead;

    int call() {
      if (dead) {
        throw new IllegalStateException("called after its end");
      }
      Thread.onSpinWait();
      if (dead) {
        throw new IllegalStateException("ended under a call");
      }
      return 1;
    }
  }

  @Test
  void noCallIsLostOverThousandsOfSwapsWithAGap() throws Exception {
    HotRef<Service> ref = new HotRef<>("test", 10_000);
    Service first = new Service();
    ref.bind(first);
    AtomicInteger failures = new AtomicInteger();
    AtomicLong calls = new AtomicLong();
    CountDownLatch stop = new CountDownLatch(1);
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      Thread caller =
          new Thread(
              () -> {
                while (stop.getCount() > 0) {
                  try {
                    ref.call(Service::call);
                    calls.incrementAndGet();
                  } catch (RuntimeException e) {
                    failures.incrementAndGet();
                  }
                }
              });
      caller.start();
      callers.add(caller);
    }
    Service current = first;
    for (int swap = 0; swap < 3000; swap++) {
      assertTrue(ref.unbind(current, 10_000));
      current.dead = true;
      current = new Service();
      ref.bind(current);
    }
    stop.countDown();
    for (Thread caller : callers) {
      caller.join();
    }
    assertEquals(0, failures.get());
    assertTrue(calls.get() > 1000, calls + " calls");
  }

  @Test
  void theNewestServesAndTheOneBeforeReturns() {
    HotRef<String> ref = new HotRef<>("test", 10);
    ref.bind("old");
    ref.bind("new");
    assertEquals("new", ref.call(s -> s));
    assertTrue(ref.unbind("new", 100));
    assertEquals("old", ref.call(s -> s));
    assertTrue(ref.unbind("old", 100));
    assertFalse(ref.available());
  }

  @Test
  void aCallerWaitsForAServiceAndNamesItWhenNoneComes() {
    HotRef<String> ref = new HotRef<>("KEM", 50);
    CoterieException missing = assertThrows(CoterieException.class, () -> ref.call(String::length));
    assertEquals("COT-0002", missing.code());
    assertTrue(missing.what().contains("KEM"));
  }

  @Test
  void drainingGivesUpAtItsDeadlineAndSaysSo() {
    HotRef<String> ref = new HotRef<>("test", 10);
    ref.bind("held");
    try (HotRef.Lease<String> lease = ref.acquire()) {
      assertEquals("held", lease.service());
      assertFalse(ref.unbind("held", 50));
    }
  }

  @Test
  void unbindingWhatWasNeverBoundIsHarmless() {
    assertTrue(new HotRef<String>("test", 10).unbind("stranger", 10));
  }
}
