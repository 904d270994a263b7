package io.coterie.mesh.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.coterie.base.seam.Clock;
import io.coterie.base.seam.Threads;
import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.LinkStatus;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import org.junit.jupiter.api.Test;

/** When links are moved and by whom; time and moves are played. */
class LinkRenewalTest {
  private static final DeviceId SMALL = DeviceId.parse("11".repeat(32));
  private static final DeviceId LARGE = DeviceId.parse("ee".repeat(32));
  private static final long GIB = 1L << 30;

  private final List<String> acts = new ArrayList<>();
  private long now = 1_000;
  private boolean movesFail;
  private final LinkRenewal renewal =
      new LinkRenewal(
          new LinkRenewal.Mover() {
            @Override
            public void move(String linkId, Suite suite, long generation, long timeoutMillis)
                throws IOException {
              acts.add("move " + suite.label() + " from " + generation);
              if (movesFail) {
                throw new IOException("played");
              }
            }

            @Override
            public void end(String linkId, String why) {
              acts.add("end");
            }
          },
          new Threads() {
            @Override
            public Thread start(String name, Runnable body) {
              body.run();
              return Thread.currentThread();
            }

            @Override
            public ExecutorService pool(String name, int threadCount, int queueLimit) {
              throw new AssertionError("not asked for");
            }
          },
          new Clock() {
            @Override
            public long wallMillis() {
              throw new AssertionError("wall time has no say in this");
            }

            @Override
            public long monotonicNanos() {
              return now * 1_000_000;
            }
          },
          100_000);

  private void look(
      DeviceId self, Suite suite, long generation, long age, long bytes, Suite least) {
    DeviceId peer = self.equals(SMALL) ? LARGE : SMALL;
    renewal.look(
        self,
        List.of(
            new LinkStatus(
                peer,
                "x",
                "tcp",
                suite,
                "c",
                generation,
                age,
                0,
                0,
                bytes / 2,
                bytes / 2,
                1,
                false,
                0,
                "77")),
        least);
  }

  private List<String> acts() {
    List<String> done = List.copyOf(acts);
    acts.clear();
    return done;
  }

  @Test
  void aYoungLinkIsLeftAloneAndAnOldOneIsMovedByTheSmallerDevice() {
    look(SMALL, Suite.STANDARD, 1, 80_000, 0, Suite.STANDARD);
    assertEquals(List.of(), acts());
    look(SMALL, Suite.STANDARD, 1, 120_000, 0, Suite.STANDARD);
    assertEquals(List.of("move standard from 1"), acts());
    look(SMALL, Suite.STANDARD, 2, 0, 0, Suite.STANDARD);
    assertEquals(List.of(), acts());
  }

  @Test
  void theLargerDeviceHelpsAfterAWhileAndALinkThatStaysIsEnded() {
    movesFail = true;
    look(LARGE, Suite.STANDARD, 1, 120_000, 0, Suite.STANDARD);
    assertEquals(List.of(), acts());
    now += LinkRenewal.HELP_AFTER_MILLIS + 1;
    look(LARGE, Suite.STANDARD, 1, 130_000, 0, Suite.STANDARD);
    assertEquals(List.of("move standard from 1"), acts());
    now += LinkRenewal.END_AFTER_MILLIS;
    look(LARGE, Suite.STANDARD, 1, 190_000, 0, Suite.STANDARD);
    assertEquals(List.of("end"), acts());
  }

  @Test
  void keysThatSealedEnoughAreLeftToo() {
    look(SMALL, Suite.MAX, 5, 10, 500 * GIB, Suite.STANDARD);
    assertEquals(List.of(), acts(), "what went before this connection does not count");
    look(SMALL, Suite.MAX, 5, 20, 565 * GIB, Suite.STANDARD);
    assertEquals(List.of("move max from 5"), acts());
  }

  @Test
  void aLinkBelowTheSuiteOfTheRosterIsMovedAtOnce() {
    look(SMALL, Suite.STANDARD, 1, 10, 0, Suite.MAX);
    assertEquals(List.of("move max from 1"), acts());
    look(SMALL, Suite.MAX, 2, 10, 0, Suite.MAX);
    assertEquals(List.of(), acts());
  }
}
