package io.coterie.volume.internal.engine;

import static io.coterie.volume.internal.engine.Blocks.block;
import static io.coterie.volume.internal.engine.Blocks.read;
import static io.coterie.volume.internal.engine.Blocks.write;
import static io.coterie.volume.internal.engine.Blocks.writer;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.testkit.ManualClock;
import io.coterie.volume.internal.memory.MapBudget;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("S1-2.1")
@Timeout(180)
class LogVolumeTest {
  private static final int BLOCK = 4096;
  private static final long SIZE = 8L << 20;

  @TempDir Path scratch;

  static LongStream seeds() {
    return LongStream.rangeClosed(1, Integer.getInteger("coterie.seeds", 5));
  }

  private Scratch volume() throws IOException {
    return new Scratch(Files.createDirectories(scratch.resolve("v")), SIZE);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  @Tag("S1-2.4")
  @Tag("S1-2.8")
  @Tag("S1-2.10")
  void behavesLikeAnArrayOfBytesOverAnyOperationsAndReopenings(long seed) throws Exception {
    Scratch v = volume();
    byte[] model = new byte[(int) SIZE];
    Random random = new Random(seed);
    LogVolume open = v.create();
    for (int step = 0; step < 1500; step++) {
      GuardedDevice device = writer(open);
      int offset = random.nextInt((int) SIZE);
      int length = 1 + random.nextInt(Math.min((int) SIZE - offset, 100_000));
      int kind = random.nextInt(100);
      if (kind < 45) {
        byte[] data = new byte[length];
        if (random.nextInt(4) > 0) {
          random.nextBytes(data);
        }
        device.write(offset, data, 0, length);
        System.arraycopy(data, 0, model, offset, length);
      } else if (kind < 60) {
        device.zero(offset, length);
        Arrays.fill(model, offset, offset + length, (byte) 0);
      } else if (kind < 90) {
        byte[] got = new byte[length];
        device.read(offset, got, 0, length);
        assertArrayEquals(Arrays.copyOfRange(model, offset, offset + length), got, "seed " + seed);
      } else if (kind < 97) {
        device.flush();
      } else if (kind < 99) {
        open.upkeep().checkpoint();
      } else {
        device.submit();
        open.close();
        open = v.open(v.directory, false);
        assertNull(open.readOnlyReason());
      }
    }
    byte[] all = new byte[(int) SIZE];
    open.read(0, all, 0, all.length);
    assertArrayEquals(model, all, "seed " + seed);
    assertEquals(0, open.check().damagedBlocks());
    assertEquals(List.of(), open.upkeep().audit());
    open.close();
  }

  @ParameterizedTest
  @MethodSource("seeds")
  @Tag("S1-7.2")
  void everySubmittedWriteSurvivesTheDeathOfTheProcess(long seed) throws Exception {
    Scratch v = volume();
    Random random = new Random(seed);
    int[] acknowledged = new int[(int) (SIZE / BLOCK)];
    try (LogVolume open = v.create()) {
      GuardedDevice device = writer(open);
      for (int step = 1; step <= 400; step++) {
        int lba = random.nextInt(acknowledged.length);
        write(device, lba, step);
        device.submit();
        acknowledged[lba] = step;
        if (random.nextInt(20) == 0) {
          device.flush();
        }
        if (step % 50 == 0) {
          checkCopy(v, acknowledged);
        }
      }
    }
  }

  private void checkCopy(Scratch v, int[] acknowledged) throws IOException {
    Path copy = v.copyTo(scratch.resolve("copy"));
    try (LogVolume again = v.open(copy, false)) {
      assertNull(again.readOnlyReason());
      for (int lba = 0; lba < acknowledged.length; lba++) {
        byte[] expected = acknowledged[lba] == 0 ? new byte[BLOCK] : block(acknowledged[lba]);
        assertArrayEquals(expected, read(again, lba), "block " + lba);
      }
    }
  }

  @Test
  void overwritingManyTimesKeepsTheLogBounded() throws Exception {
    Scratch v = volume();
    try (LogVolume open = v.create()) {
      GuardedDevice device = writer(open);
      Random random = new Random(7);
      byte[] data = new byte[64 * 1024];
      for (int i = 0; i < 6000; i++) { // 375 MiB into 8 MiB
        random.nextBytes(data);
        device.write(
            random.nextInt((int) (SIZE / data.length)) * (long) data.length, data, 0, data.length);
        device.submit();
      }
      device.flush();
      open.upkeep().checkpoint();
      open.upkeep().checkpoint();
      assertTrue(
          Scratch.segments(v.directory).size() < 90,
          Scratch.segments(v.directory).size() + " segments");
      assertEquals(0, open.check().damagedBlocks());
    }
  }

  /** A writer that never rests is slowed down to what the cleaner makes room for. */
  @Test
  void randomOverwritesOfAFullVolumeTakeNoMoreRoomThanThePolicyAllows() throws Exception {
    Scratch v = new Scratch(Files.createDirectories(scratch.resolve("v")), 256L << 20);
    int blocks = (int) (v.sizeBytes / BLOCK / 5 * 4);
    int full = blocks / 1023 + 1;
    CleaningPolicy policy = new CleaningPolicy(125, 150, 8, 0, 80, 128L << 20);
    v.policy = policy;
    // Those that a checkpoint holds back, and spares.
    int most = full * policy.mostPercent() / 100 + policy.slackSegments() + 40;
    int found = 0;
    try (LogVolume open = v.create()) {
      GuardedDevice device = writer(open);
      Random random = new Random(7);
      byte[] data = new byte[BLOCK];
      for (int i = 0; i < 3 * blocks; i++) {
        random.nextBytes(data);
        int lba = i < blocks ? i : random.nextInt(blocks);
        device.write((long) lba * BLOCK, data, 0, BLOCK);
        if (i % 8 == 0) {
          device.submit();
        }
        if (i % 1024 == 0) {
          found = Math.max(found, Scratch.segments(v.directory).size());
        }
      }
      device.flush();
    }
    assertTrue(found <= most, found + " segments, " + most + " are allowed for " + full);
  }

  /** What the cleaner gained is not what there is less: a writer is faster than it. */
  @Test
  void theCleanerGoesOnThoughAWriterFillsSegmentsMeanwhile() throws Exception {
    Scratch v = new Scratch(Files.createDirectories(scratch.resolve("v")), 256L << 20);
    v.threads = new NoThreads();
    v.policy = new CleaningPolicy(0, 1_000_000, 0, 0, 95, 1L << 40);
    try (LogVolume open = v.create()) {
      GuardedDevice device = writer(open);
      int blocks = 24_576;
      for (int i = 0; i < blocks; i++) {
        write(device, i, i + 1);
      }
      for (int i = 0; i < blocks; i += 8) { // little is gained by a round
        device.zero((long) i * BLOCK, BLOCK);
      }
      device.submit();
      AtomicBoolean cleaned = new AtomicBoolean();
      Thread writer = new Thread(() -> fill(device, blocks, cleaned), "writer");
      writer.start();
      assertTrue(open.upkeep().clean());
      cleaned.set(true);
      writer.join();
      assertTrue(open.upkeep().clean(), "it rests though it gained");
    }
  }

  private static void fill(GuardedDevice device, int from, AtomicBoolean enough) {
    try {
      byte[] data = new byte[64 * BLOCK];
      new Random(1).nextBytes(data);
      for (int i = 0; !enough.get(); i = (i + 64) % 32_768) {
        device.write((long) (from + i) * BLOCK, data, 0, data.length);
        device.submit();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void cleaningMovesLiveBlocksAndLosesNone() throws Exception {
    Scratch v = new Scratch(Files.createDirectories(scratch.resolve("v")), 128L << 20);
    v.threads = new NoThreads();
    try (LogVolume open = v.create()) {
      GuardedDevice device = writer(open);
      int blocks = (int) (v.sizeBytes / BLOCK);
      for (int i = 0; i < blocks; i++) {
        write(device, i, i + 1);
      }
      for (int i = 0; i < blocks; i++) {
        if (i % 4 != 0) {
          device.zero((long) i * BLOCK, BLOCK); // every segment keeps a quarter of its blocks
        }
      }
      device.flush();
      int before = Scratch.segments(v.directory).size();
      int rounds = 0;
      while (open.upkeep().clean()) {
        rounds++;
        assertTrue(rounds < 100, "cleaning does not end");
      }
      open.upkeep().checkpoint();
      open.upkeep().checkpoint();
      int after = Scratch.segments(v.directory).size();
      assertEquals(List.of(), open.upkeep().audit());
      assertTrue(before > 32 && after < 24, before + " segments before, " + after + " after");
      for (int i = 0; i < blocks; i += 4) {
        assertArrayEquals(block(i + 1), read(open, i));
      }
    }
    try (LogVolume again = v.open(v.directory, false)) {
      assertEquals(List.of(), again.findings());
      assertEquals((128L << 20) / 4, again.dataBytes());
      assertEquals(0, again.check().damagedBlocks());
    }
  }

  /**
   * Far more map than memory: nodes are put out and fetched, and checkpoints come by their count.
   */
  @ParameterizedTest
  @MethodSource("seeds")
  void aMapThatDoesNotFitIntoMemoryServesAsWell(long seed) throws Exception {
    long size = 4L << 30;
    Scratch v = new Scratch(Files.createDirectories(scratch.resolve("v")), size);
    v.budget = new MapBudget(1);
    v.clock = new ManualClock(0); // nothing may wait for time to pass
    Random random = new Random(seed);
    java.util.Map<Integer, Integer> model = new java.util.HashMap<>();
    int blocks = (int) (size / BLOCK);
    LogVolume open = v.create();
    GuardedDevice device = writer(open);
    for (int step = 1; step <= 3000; step++) {
      int lba = random.nextInt(blocks);
      write(device, lba, step);
      model.put(lba, step);
      if (random.nextInt(100) == 0) {
        int from = random.nextInt(blocks);
        int count = Math.min(blocks - from, random.nextInt(50_000) + 1);
        device.zero((long) from * BLOCK, (long) count * BLOCK);
        model.keySet().removeIf(known -> known >= from && known < from + count);
      }
      device.submit();
      if (random.nextInt(1000) == 0) {
        open.close();
        open = v.open(v.directory, false);
        device = writer(open);
      }
    }
    assertEquals((long) model.size() * BLOCK, open.dataBytes());
    for (var known : model.entrySet()) {
      assertArrayEquals(block(known.getValue()), read(open, known.getKey()), "seed " + seed);
    }
    assertEquals(model.size(), open.check().blocks());
    assertEquals(List.of(), open.upkeep().audit());
    open.close();
  }

  @Test
  @Tag("S1-7.6")
  void twoForksOfOneImageNeverShareASegmentKey() throws Exception {
    Scratch v = volume();
    try (LogVolume open = v.create()) {
      write(writer(open), 1, 1);
      open.flush();
      Path fork = v.copyTo(scratch.resolve("fork"));
      try (LogVolume other = v.open(fork, false)) {
        write(writer(other), 1, 2);
        other.flush();
      }
      write(writer(open), 1, 3);
      open.flush();
      Set<String> salts = new HashSet<>();
      int segments = 0;
      for (Path where : List.of(v.directory, fork)) {
        for (Path segment : Scratch.segments(where)) {
          byte[] head = Arrays.copyOfRange(Files.readAllBytes(segment), 37, 69);
          segments++;
          salts.add(Arrays.toString(head));
        }
      }
      // The segment written before the fork is in both; every later one has a salt of its own.
      assertEquals(segments - 1, salts.size());
    }
  }

  @Test
  @Tag("S1-2.3")
  void zeroesAndTrimsTakeNoRoom() throws Exception {
    Scratch v = volume();
    try (LogVolume open = v.create()) {
      GuardedDevice device = writer(open);
      device.write(0, new byte[1 << 20], 0, 1 << 20);
      assertEquals(0, open.dataBytes());
      write(device, 5, 5);
      device.submit();
      assertEquals(BLOCK, open.dataBytes());
      assertEquals(-5L * BLOCK, device.extent(0, SIZE));
      assertEquals(BLOCK, device.extent(5L * BLOCK, SIZE - 5L * BLOCK));
      device.zero(0, SIZE);
      device.submit();
      assertEquals(0, open.dataBytes());
      assertEquals(-SIZE, device.extent(0, SIZE));
    }
  }

  @Test
  @Tag("S1-7.6")
  void noPlaintextIsInTheFiles() throws Exception {
    Scratch v = volume();
    byte[] canary = "THIS-MUST-NOT-BE-SEEN ".getBytes(StandardCharsets.US_ASCII);
    try (LogVolume open = v.create()) {
      byte[] data = new byte[BLOCK];
      for (int i = 0; i < data.length; i++) {
        data[i] = canary[i % canary.length];
      }
      for (int i = 0; i < 200; i++) {
        writer(open).write((long) i * BLOCK, data, 0, BLOCK);
      }
      open.flush();
      open.upkeep().checkpoint();
      for (Path segment : Scratch.segments(v.directory)) {
        assertFalse(
            new String(Files.readAllBytes(segment), StandardCharsets.ISO_8859_1)
                .contains("THIS-MUST-NOT"));
      }
    }
  }

  @Test
  void requestsOutsideTheVolumeAreRefused() throws Exception {
    Scratch v = volume();
    try (LogVolume open = v.create()) {
      GuardedDevice device = writer(open);
      byte[] data = new byte[BLOCK];
      assertThrows(IllegalArgumentException.class, () -> device.read(SIZE, data, 0, 1));
      assertThrows(IllegalArgumentException.class, () -> device.write(SIZE - 1, data, 0, 2));
      assertThrows(IllegalArgumentException.class, () -> device.zero(-1, 1));
      assertThrows(
          IllegalArgumentException.class, () -> device.zero(Long.MAX_VALUE, Long.MAX_VALUE));
    }
  }
}
