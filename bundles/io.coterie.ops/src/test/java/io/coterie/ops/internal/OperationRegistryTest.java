package io.coterie.ops.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemThreads;
import io.coterie.ops.api.OperationInfo;
import io.coterie.ops.api.OperationInfo.State;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class OperationRegistryTest {
  private static final long WAIT_MILLIS = 10_000;

  private final OperationRegistry operations =
      new OperationRegistry(new SystemThreads(), new SystemClock());

  private OperationInfo ended(OperationInfo started) throws InterruptedException {
    OperationInfo info = started;
    for (int i = 0; i < 100 && !info.ended(); i++) {
      info = operations.await(started.id(), info.change(), WAIT_MILLIS);
    }
    assertTrue(info.ended());
    return info;
  }

  @Test
  void progressAndResultAreSeen() throws Exception {
    CountDownLatch half = new CountDownLatch(1);
    OperationInfo started =
        operations.start(
            "copy",
            "x",
            progress -> {
              progress.report("half of it", 50);
              half.await();
              return "all of it";
            });
    OperationInfo seen = operations.await(started.id(), 0, WAIT_MILLIS);
    assertEquals("half of it", seen.step());
    assertEquals(50, seen.percent());
    half.countDown();
    OperationInfo end = ended(started);
    assertEquals(State.DONE, end.state());
    assertEquals("all of it", end.result());
    assertEquals(100, end.percent());
  }

  @Test
  void aFailureKeepsItsCodeAndAnUnexpectedOneGetsOne() throws Exception {
    OperationInfo known =
        ended(
            operations.start(
                "x",
                "y",
                p -> {
                  throw CoterieException.of("COT-0501", ExitCode.NOT_FOUND, "no", "try");
                }));
    assertEquals(State.FAILED, known.state());
    assertEquals("COT-0501", known.failure().code());
    OperationInfo unknown =
        ended(
            operations.start(
                "x",
                "y",
                p -> {
                  throw new IllegalStateException("oops");
                }));
    assertEquals("COT-0110", unknown.failure().code());
  }

  @Test
  void aCancelledOperationEndsWhereItChecks() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    OperationInfo started =
        operations.start(
            "x",
            "y",
            p -> {
              begun.countDown();
              while (true) {
                p.checkCancelled();
                Thread.sleep(1);
              }
            });
    assertTrue(begun.await(10, TimeUnit.SECONDS));
    operations.cancel(started.id());
    assertEquals(State.CANCELLED, ended(started).state());
    operations.cancel(started.id()); // once more is no error
  }

  @Test
  void thereIsALimitOfRunningOnesAndOldOnesAreForgotten() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    for (int i = 0; i < OperationRegistry.MAX_RUNNING; i++) {
      operations.start(
          "x",
          "y",
          p -> {
            gate.await();
            return "";
          });
    }
    CoterieException full =
        assertThrows(CoterieException.class, () -> operations.start("x", "y", p -> ""));
    assertEquals("COT-0101", full.code());
    gate.countDown();
    for (OperationInfo info : operations.list()) {
      ended(info);
    }
    for (int i = 0; i < 2 * OperationRegistry.MAX_KEPT; i++) {
      ended(operations.start("x", "y", p -> ""));
    }
    assertTrue(operations.list().size() <= OperationRegistry.MAX_KEPT);
    assertEquals(
        "COT-0102", assertThrows(CoterieException.class, () -> operations.get("op-1")).code());
  }

  @Test
  void waitingForNothingEndsInTime() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    OperationInfo started =
        operations.start(
            "x",
            "y",
            p -> {
              gate.await();
              return "";
            });
    assertFalse(operations.await(started.id(), Long.MAX_VALUE, 20).ended());
    gate.countDown();
  }
}
