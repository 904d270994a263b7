package io.coterie.volume.internal.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.testkit.ManualClock;
import io.coterie.volume.api.DamagedBlockException;
import io.coterie.volume.internal.engine.GuardedDevice.Gate;
import io.coterie.volume.internal.memory.MapBudget;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
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

  private static GuardedDevice writer(LogVolume volume) {
    return new GuardedDevice(volume, new Gate(Gate.Right.WRITE));
  }

  private static byte[] block(int seed) {
    byte[] data = new byte[BLOCK];
    new Random(seed).nextBytes(data);
    return data;
  }

  private static void write(GuardedDevice device, int lba, int seed) throws IOException {
    device.write((long) lba * BLOCK, block(seed), 0, BLOCK);
  }

  private static byte[] read(LogVolume volume, int lba) throws IOException {
    byte[] data = new byte[BLOCK];
    volume.read((long) lba * BLOCK, data, 0, BLOCK);
    return data;
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
  void aTornTailThatWasNeverFlushedIsCutAndTheRestIsWhole() throws Exception {
    Scratch v = volume();
    try (LogVolume open = v.create()) {
      GuardedDevice device = writer(open);
      write(device, 1, 1);
      device.flush();
      write(device, 2, 2);
      device.submit();
      List<Path> segments = Scratch.segments(v.copyTo(scratch.resolve("whole")));
      long end = usedBytes(segments.get(segments.size() - 1));
      for (long cut = end - 1; cut > end - 2 * BLOCK; cut -= 512) {
        Path copy = v.copyTo(scratch.resolve("copy"));
        List<Path> cutSegments = Scratch.segments(copy);
        zeroFrom(cutSegments.get(cutSegments.size() - 1), cut);
        try (LogVolume again = v.open(copy, false)) {
          assertNull(again.readOnlyReason(), "cut at " + cut);
          assertArrayEquals(block(1), read(again, 1));
          assertArrayEquals(new byte[BLOCK], read(again, 2));
        }
      }
    }
  }

  /** The bytes of a segment up to its last non-zero byte. */
  private static long usedBytes(Path segment) throws IOException {
    byte[] bytes = Files.readAllBytes(segment);
    int end = bytes.length;
    while (bytes[end - 1] == 0) {
      end--;
    }
    return end;
  }

  private static void zeroFrom(Path file, long from) throws IOException {
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      long length = out.length();
      out.setLength(from);
      out.setLength(length);
    }
  }

  @Test
  void aHoleInWhatWasDurableIsReportedAndTheVolumeTakesNoWrites() throws Exception {
    Scratch v = volume();
    try (LogVolume open = v.create()) {
      GuardedDevice device = writer(open);
      for (int i = 0; i < 5; i++) {
        write(device, i, i + 1);
        device.flush();
      }
      write(device, 9, 9); // its descriptor says that the commits before it are durable
      device.submit();
      Path copy = v.copyTo(scratch.resolve("copy"));
      Path segment = Scratch.segments(copy).get(Scratch.segments(copy).size() - 1);
      flip(segment, 8 * BLOCK + 10); // the first checkpoint, then the third commit of two blocks
      try (LogVolume again = v.open(copy, false)) {
        assertNotNull(again.readOnlyReason());
        assertTrue(again.readOnlyReason().contains("cannot be reached"), again.readOnlyReason());
        assertArrayEquals(block(1), read(again, 0));
        assertThrows(IOException.class, () -> write(writer(again), 0, 7));
      }
    }
  }

  private static void flip(Path file, long at) throws IOException {
    try (RandomAccessFile f = new RandomAccessFile(file.toFile(), "rw")) {
      f.seek(at);
      int old = f.read();
      f.seek(at);
      f.write(old ^ 0x40);
    }
  }

  @Test
  @Tag("S1-7.6")
  @Tag("S1-2.2")
  void aFlippedByteOfABlockIsFoundNamedAndContained() throws Exception {
    Scratch v = volume();
    try (LogVolume open = v.create()) {
      GuardedDevice device = writer(open);
      for (int i = 0; i < 50; i++) {
        write(device, i, i + 1);
      }
      device.flush();
    }
    Path segment = Scratch.segments(v.directory).get(0);
    flip(segment, 5 * BLOCK + 77);
    try (LogVolume again = v.open(v.directory, false)) {
      int bad = 0;
      for (int i = 0; i < 50; i++) {
        try {
          assertArrayEquals(block(i + 1), read(again, i));
        } catch (DamagedBlockException e) {
          bad++;
          assertTrue(e.getMessage().contains("block " + i), e.getMessage());
          assertTrue(e.getMessage().contains(segment.getFileName().toString()), e.getMessage());
        }
      }
      assertEquals(1, bad);
      assertEquals(1, again.check().damagedBlocks());
      write(writer(again), 3, 99);
      assertArrayEquals(block(99), read(again, 3));
    }
  }

  @Test
  void aMissingSegmentCostsItsOwnBlocksOnly() throws Exception {
    Scratch v = volume();
    try (LogVolume open = v.create()) {
      GuardedDevice device = writer(open);
      for (int i = 0; i < 1800; i++) {
        write(device, i, i + 1);
      }
      device.flush();
    }
    Files.delete(Scratch.segments(v.directory).get(0));
    try (LogVolume again = v.open(v.directory, false)) {
      assertThrows(DamagedBlockException.class, () -> read(again, 0));
      assertArrayEquals(block(1800), read(again, 1799));
    }
  }

  @Test
  void aDamagedNewestCheckpointFallsBackToTheOneBefore() throws Exception {
    Scratch v = volume();
    try (LogVolume open = v.create()) {
      GuardedDevice device = writer(open);
      write(device, 1, 1);
      device.flush();
      open.upkeep().checkpoint();
      write(device, 2, 2);
      device.flush();
      open.upkeep().checkpoint();
      write(device, 3, 3);
      device.flush();
      Path copy = v.copyTo(scratch.resolve("copy"));
      flip(copy.resolve("root-a"), 50); // checkpoints 1 and 3; 3 is the newest
      try (LogVolume again = v.open(copy, false)) {
        assertNull(again.readOnlyReason());
        assertFalse(again.findings().isEmpty());
        for (int i = 1; i <= 3; i++) {
          assertArrayEquals(block(i), read(again, i));
        }
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
  void withoutRootsTheNewestCheckpointIsFoundInTheLog() throws Exception {
    Scratch v = volume();
    try (LogVolume open = v.create()) {
      for (int i = 0; i < 50; i++) {
        write(writer(open), i, i + 1);
        writer(open).flush();
        if (i % 20 == 0) {
          open.upkeep().checkpoint();
        }
      }
    }
    Files.delete(v.directory.resolve("root-a"));
    flip(v.directory.resolve("root-b"), 60);
    try (LogVolume again = v.open(v.directory, false)) {
      assertNull(again.readOnlyReason());
      assertTrue(again.findings().toString().contains("was found in the log"));
      for (int i = 0; i < 50; i++) {
        assertArrayEquals(block(i + 1), read(again, i));
      }
    }
    try (LogVolume again = v.open(v.directory, false)) {
      assertEquals(List.of(), again.findings(), "the roots are there again");
    }
  }

  @Test
  void aDamagedNodeOfTheMapCostsItsOwnBlocksOnly() throws Exception {
    Scratch v = volume();
    try (LogVolume open = v.create()) {
      for (int i = 0; i < 600; i++) {
        write(writer(open), i, i + 1);
      }
      open.flush();
    }
    // The last commit is that of the closing: five leaves, the top, the stream, the root record.
    Path segment = Scratch.segments(v.directory).get(0);
    long lastBlock = (usedBytes(segment) - 1) / BLOCK;
    flip(segment, (lastBlock - 3) * BLOCK + 9);
    try (LogVolume again = v.open(v.directory, false)) {
      int bad = 0;
      for (int i = 0; i < 600; i++) {
        try {
          assertArrayEquals(block(i + 1), read(again, i));
        } catch (DamagedBlockException e) {
          bad++;
          assertTrue(e.getMessage().contains("blocks 512 to 639"), e.getMessage());
        }
      }
      assertEquals(600 - 512, bad);
      assertEquals(128, again.check().damagedBlocks());
      assertThrows(DamagedBlockException.class, () -> write(writer(again), 520, 1));
      write(writer(again), 0, 5);
      assertArrayEquals(block(5), read(again, 0));
    }
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
