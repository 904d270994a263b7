package io.coterie.volume.internal.engine;

import static io.coterie.volume.internal.engine.Blocks.block;
import static io.coterie.volume.internal.engine.Blocks.read;
import static io.coterie.volume.internal.engine.Blocks.write;
import static io.coterie.volume.internal.engine.Blocks.writer;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.volume.api.CheckReport;
import io.coterie.volume.api.DamagedBlockException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Log, map and roots of a volume are damaged in one place. */
@Tag("S1-2.1")
@Timeout(180)
class DamagedLogTest {
  private static final int BLOCK = 4096;
  private static final long SIZE = 8L << 20;

  @TempDir Path scratch;

  private Scratch volume() throws IOException {
    return new Scratch(Files.createDirectories(scratch.resolve("v")), SIZE);
  }

  /**
   * A closed one of which each block was written once, with its number and one more as the seed.
   */
  private Scratch volumeWith(int blocks) throws IOException {
    Scratch v = volume();
    try (LogVolume open = v.create()) {
      writeAll(open, blocks, 1);
    }
    return v;
  }

  private static void writeAll(LogVolume volume, int blocks, int firstSeed) throws IOException {
    GuardedDevice device = writer(volume);
    for (int i = 0; i < blocks; i++) {
      write(device, i, i + firstSeed);
    }
    device.flush();
  }

  private static void assertAll(LogVolume volume, int blocks, int firstSeed) throws IOException {
    for (int i = 0; i < blocks; i++) {
      assertArrayEquals(block(i + firstSeed), read(volume, i));
    }
  }

  /** What reading the blocks of {@link #volumeWith} reports; all others are as written. */
  private static Map<Integer, DamagedBlockException> damageIn(LogVolume volume, int blocks)
      throws IOException {
    Map<Integer, DamagedBlockException> damage = new TreeMap<>();
    for (int i = 0; i < blocks; i++) {
      try {
        assertArrayEquals(block(i + 1), read(volume, i));
      } catch (DamagedBlockException e) {
        damage.put(i, e);
      }
    }
    return damage;
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
    Scratch v = volumeWith(50);
    Path segment = Scratch.segments(v.directory).get(0);
    flip(segment, 5 * BLOCK + 77);
    try (LogVolume again = v.open(v.directory, false)) {
      Map<Integer, DamagedBlockException> damage = damageIn(again, 50);
      assertEquals(1, damage.size());
      int lba = damage.keySet().iterator().next();
      String what = damage.get(lba).getMessage();
      assertTrue(what.contains("block " + lba), what);
      assertTrue(what.contains(segment.getFileName().toString()), what);
      assertEquals(1, again.check().damagedBlocks());
      write(writer(again), 3, 99);
      assertArrayEquals(block(99), read(again, 3));
    }
  }

  @Test
  void aBlockThatOnlyASnapshotHasIsCheckedToo() throws Exception {
    Scratch v = volumeWith(50);
    try (LogVolume open = v.open(v.directory, false)) {
      open.takeSnapshot("then", "", 0);
      writeAll(open, 50, 100);
      assertEquals(List.of(), open.check().findings());
      assertEquals(100, open.check().blocks());
    }
    flip(Scratch.segments(v.directory).get(0), 5 * BLOCK + 77);
    try (LogVolume again = v.open(v.directory, false)) {
      CheckReport report = again.check();
      assertEquals(1, report.damagedBlocks());
      assertEquals(CheckReport.Severity.LOST, report.findings().get(0).severity());
      assertTrue(report.findings().get(0).next().contains("snapshot then"));
      assertAll(again, 50, 100);
    }
  }

  /** What a snapshot shared when the check began is only its own before the check came to it. */
  @Test
  void aCheckMissesNothingOfASnapshotWhenTheVolumeIsWrittenMeanwhile() throws Exception {
    Scratch v = volumeWith(50);
    try (LogVolume open = v.open(v.directory, false)) {
      open.takeSnapshot("then", "", 0);
    }
    flip(Scratch.segments(v.directory).get(0), 5 * BLOCK + 77);
    try (LogVolume again = v.open(v.directory, false)) {
      AtomicBoolean written = new AtomicBoolean();
      CheckReport report =
          new VolumeCheck(again, (what, percent) -> writeOnce(again, written)).run();
      assertTrue(written.get());
      assertEquals(1, report.damagedBlocks());
      assertTrue(report.findings().get(0).next().contains("snapshot then"));
    }
  }

  private static void writeOnce(LogVolume volume, AtomicBoolean written) {
    try {
      if (!written.getAndSet(true)) {
        writeAll(volume, 50, 100);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aMissingSegmentCostsItsOwnBlocksOnly() throws Exception {
    Scratch v = volumeWith(1800);
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
      assertAll(again, 50, 1);
    }
    try (LogVolume again = v.open(v.directory, false)) {
      assertEquals(List.of(), again.findings(), "the roots are there again");
    }
  }

  @Test
  void aDamagedNodeOfTheMapCostsItsOwnBlocksOnly() throws Exception {
    Scratch v = volumeWith(600);
    // The last commit is that of the closing: five leaves, the top, the stream, the root record.
    Path segment = Scratch.segments(v.directory).get(0);
    long lastBlock = (usedBytes(segment) - 1) / BLOCK;
    flip(segment, (lastBlock - 3) * BLOCK + 9);
    try (LogVolume again = v.open(v.directory, false)) {
      Map<Integer, DamagedBlockException> damage = damageIn(again, 600);
      assertEquals(600 - 512, damage.size());
      for (DamagedBlockException e : damage.values()) {
        assertTrue(e.getMessage().contains("blocks 512 to 639"), e.getMessage());
      }
      assertEquals(128, again.check().damagedBlocks());
      assertThrows(DamagedBlockException.class, () -> write(writer(again), 520, 1));
      write(writer(again), 0, 5);
      assertArrayEquals(block(5), read(again, 0));
    }
  }
}
