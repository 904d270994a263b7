package io.coterie.volume.nbd.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process with a volume is killed again and again while a client writes with many requests in
 * flight, snapshots come and go, and the cleaner works.
 */
@Tag("S1-2.1")
@Timeout(1800)
class VolumeCrashTest {
  private static final int ROUNDS = Integer.getInteger("coterie.rounds", 50);
  private static final long SEED = Long.getLong("coterie.seed", System.nanoTime());
  private static final int BLOCKS = 8192;
  private static final int HEAP_MEBIBYTES = 128;
  private static final int MAX_LOAD_MILLIS = 500;

  @TempDir Path scratch;

  private final Random random = new Random(SEED);
  private final VerifiedLoad load = new VerifiedLoad(random, BLOCKS);
  private ServedVolume served;

  @AfterEach
  void end() throws Exception {
    if (served != null) {
      served.close();
    }
  }

  private void start() throws Exception {
    served = new ServedVolume(scratch, BLOCKS * 4096L, HEAP_MEBIBYTES);
    assertEquals("0 damaged, takes writes true []", served.greeting, "seed " + SEED);
    load.use(served.connect());
  }

  @Test
  void noKillTakesBackWhatWasAcknowledged() throws Exception {
    for (int round = 1; round <= ROUNDS; round++) {
      start();
      load.compare("round " + round + ", seed " + SEED);
      Thread killer = killer(random.nextInt(MAX_LOAD_MILLIS));
      killer.start();
      load.untilItEnds();
      killer.join();
    }
    start();
    load.compare("round " + (ROUNDS + 1) + ", seed " + SEED);
    System.out.println(ROUNDS + " kills, " + load.writes() + " writes, seed " + SEED);
    assertTrue(load.writes() > ROUNDS, "it was killed at work");
  }

  private Thread killer(int millis) {
    ServedVolume victim = served;
    return new Thread(
        () -> {
          try {
            Thread.sleep(millis);
            victim.close();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        },
        "killer");
  }
}
