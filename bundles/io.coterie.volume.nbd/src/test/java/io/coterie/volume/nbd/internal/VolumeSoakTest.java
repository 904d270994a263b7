package io.coterie.volume.nbd.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.volume.nbd.internal.ServedVolume.Usage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A volume under load for a long time, with snapshots that come and go, the cleaner, and clients
 * that leave: what its process holds does not grow.
 */
@Timeout(7200)
class VolumeSoakTest {
  private static final int SECONDS = Integer.getInteger("coterie.seconds", 8);
  private static final long SEED = Long.getLong("coterie.seed", System.nanoTime());
  private static final int BLOCKS = 8192;
  private static final int HEAP_MEBIBYTES = 128;
  private static final int SAMPLES = 24;

  /** Clients that come and go with each sample: what one leaves behind adds up. */
  private static final int VISITORS = 20;

  /** Less than what the visitors of a third of the samples would leave. */
  private static final int MORE_FILES = 40;

  private static final int MORE_THREADS = 2;
  private static final long MORE_BYTES = 4L << 20;

  @TempDir Path scratch;

  @Test
  void heapBuffersThreadsAndFilesStayWhatTheyAre() throws Exception {
    VerifiedLoad load = new VerifiedLoad(new Random(SEED), BLOCKS);
    List<Usage> samples = new ArrayList<>();
    try (ServedVolume served = new ServedVolume(scratch, BLOCKS * 4096L, HEAP_MEBIBYTES)) {
      assertEquals("0 damaged, takes writes true []", served.greeting);
      for (int sample = 0; sample < SAMPLES; sample++) {
        try (RawClient client = served.connect()) {
          load.use(client);
          long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(SECONDS * 1000L / SAMPLES);
          while (System.nanoTime() < end) {
            load.step();
          }
          load.drain();
          load.compare("sample " + sample + ", seed " + SEED);
          for (int i = 0; i < VISITORS; i++) {
            served.connect().close();
          }
          samples.add(served.usage());
        }
      }
    }
    System.out.println(SECONDS + " s, " + load.writes() + " writes, seed " + SEED);
    flat("heap", samples, Usage::heapBytes, MORE_BYTES);
    flat("direct buffers", samples, Usage::directBytes, MORE_BYTES);
    flat("threads", samples, Usage::threads, MORE_THREADS);
    flat("files", samples, Usage::files, MORE_FILES);
  }

  /** The first third warms up; the middle of the last third is not above that of the second. */
  private static void flat(
      String what, List<Usage> samples, ToLongFunction<Usage> value, long slack) {
    long before = middle(samples.subList(SAMPLES / 3, SAMPLES * 2 / 3), value);
    long after = middle(samples.subList(SAMPLES * 2 / 3, SAMPLES), value);
    System.out.println(what + ": " + before + ", then " + after);
    assertTrue(
        after <= before + slack, what + " grew from " + before + " to " + after + ": " + samples);
  }

  private static long middle(List<Usage> samples, ToLongFunction<Usage> value) {
    return samples.stream().mapToLong(value).sorted().toArray()[samples.size() / 2];
  }
}
