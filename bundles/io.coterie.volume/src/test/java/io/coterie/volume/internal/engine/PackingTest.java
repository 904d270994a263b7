package io.coterie.volume.internal.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.volume.api.DamagedBlockException;
import io.coterie.volume.zstd.internal.ZstdCodec;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Blocks that are compressed before they are sealed. */
@Timeout(180)
class PackingTest {
  private static final int BLOCK = 4096;
  private static final int SIZE = 16 << 20;

  @TempDir Path scratch;

  static LongStream seeds() {
    return LongStream.rangeClosed(1, Integer.getInteger("coterie.seeds", 2));
  }

  private Scratch files() throws IOException {
    Scratch files = new Scratch(Files.createDirectories(scratch.resolve("v")), SIZE);
    files.codec = new ZstdCodec();
    files.threads = new NoThreads();
    files.policy = new CleaningPolicy(0, 1_000_000, 0, 0, 101, 0);
    return files;
  }

  /** Bytes of which some compress well, some a little, and some not at all. */
  private static byte[] bytes(Random random, int length) {
    byte[] data = new byte[length];
    int kind = random.nextInt(4);
    if (kind == 0) {
      random.nextBytes(data);
    } else if (kind == 1) {
      Arrays.fill(data, (byte) random.nextInt());
    } else {
      for (int i = 0; i < length; i++) {
        data[i] = (byte) random.nextInt(kind == 2 ? 3 : 90);
      }
    }
    return data;
  }

  @ParameterizedTest
  @MethodSource("seeds")
  @Tag("S1-3.5")
  void aCompressedVolumeHoldsWhatWasWrittenWhateverHappens(long seed) throws Exception {
    Random random = new Random(seed);
    Scratch files = files();
    byte[] model = new byte[SIZE];
    byte[] kept = null;
    LogVolume volume = files.create();
    for (int step = 0; step < 300; step++) {
      GuardedDevice device = Blocks.writer(volume);
      int kind = random.nextInt(20);
      int offset = random.nextInt(SIZE - 200_000);
      if (kind < 13) {
        byte[] data = bytes(random, 1 + random.nextInt(kind < 4 ? 100 : 150_000));
        device.write(offset, data, 0, data.length);
        device.submit();
        System.arraycopy(data, 0, model, offset, data.length);
      } else if (kind < 15) {
        int length = 1 + random.nextInt(100_000);
        device.zero(offset, length);
        device.submit();
        Arrays.fill(model, offset, offset + length, (byte) 0);
      } else if (kind < 17) {
        volume.upkeep().clean();
      } else if (kind == 17 && kept == null) {
        volume.takeSnapshot("then", "", 0);
        kept = model.clone();
      } else if (kind == 18) {
        volume.upkeep().checkpoint();
      } else {
        volume.close();
        volume = files.open(files.directory, false);
      }
      if (step % 25 == 0) {
        check(volume, model);
      }
    }
    check(volume, model);
    if (kept != null) {
      byte[] found = new byte[SIZE];
      volume.snapshots().read("then", 0, found, 0, SIZE);
      assertArrayEquals(kept, found);
    }
    assertEquals(0, volume.check().damagedBlocks());
    volume.close();
  }

  private static void check(LogVolume volume, byte[] model) throws IOException {
    byte[] found = new byte[SIZE];
    volume.read(0, found, 0, SIZE);
    assertEquals(-1, Arrays.mismatch(model, found));
    assertEquals(List.of(), volume.findings());
    assertEquals(List.of(), volume.upkeep().audit());
  }

  @Test
  void whatCompressesTakesLessRoomAndTheRestTakesNoMore() throws Exception {
    Scratch files = files();
    try (LogVolume volume = files.create()) {
      GuardedDevice device = Blocks.writer(volume);
      byte[] text = "what compresses well takes less of the log. ".repeat(40_000).getBytes(UTF_8);
      device.write(0, text, 0, 1 << 20);
      device.flush();
      volume.settle();
      assertTrue(volume.liveBytes() < 150_000, "1 MiB of text takes " + volume.liveBytes());
      byte[] noise = new byte[1 << 20];
      new Random(1).nextBytes(noise);
      long before = volume.liveBytes();
      device.write(4 << 20, noise, 0, noise.length);
      device.flush();
      assertEquals(before + noise.length, volume.liveBytes(), "blocks as they are");
    }
  }

  @Test
  void theCleanerRestsWhenSegmentsOnlyLookHalfEmpty() throws Exception {
    long large = 768L << 20;
    Scratch files = new Scratch(Files.createDirectories(scratch.resolve("large")), large);
    files.codec = new ZstdCodec();
    files.threads = new NoThreads();
    files.policy = new CleaningPolicy(50, 1_000_000, 0, 0, 95, 64L << 20);
    try (LogVolume volume = files.create()) {
      GuardedDevice device = Blocks.writer(volume);
      byte[] block = new byte[BLOCK];
      for (int i = 0; i < large / BLOCK; i++) {
        // In the log these take a few bytes each, and their descriptors as much again.
        Arrays.fill(block, (byte) (1 + i % 100));
        device.write((long) i * BLOCK, block, 0, BLOCK);
        if (i % 2000 == 1999) {
          device.submit();
        }
      }
      device.flush();
      int rounds = 0;
      while (volume.upkeep().clean() && rounds < 30) {
        rounds++;
      }
      assertTrue(rounds < 30, "it goes on for ever");
      assertEquals(List.of(), volume.upkeep().audit());
    }
  }

  @Test
  void aDamagedUnitCostsItsBlockOnly() throws Exception {
    Scratch files = files();
    try (LogVolume volume = files.create()) {
      GuardedDevice device = Blocks.writer(volume);
      for (int i = 0; i < 20; i++) {
        byte[] data = new byte[BLOCK];
        Arrays.fill(data, (byte) (i + 1));
        device.write(i * BLOCK, data, 0, BLOCK);
      }
      device.flush();
    }
    Path segment = Scratch.segments(files.directory).get(0);
    try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "rw")) {
      // The header, the first checkpoint (descriptor, stream, root), then the descriptor of the
      // data.
      file.seek(5 * BLOCK + 40);
      int old = file.read();
      file.seek(5 * BLOCK + 40);
      file.write(old ^ 1);
    }
    try (LogVolume volume = files.open(files.directory, false)) {
      int damaged = 0;
      for (int i = 0; i < 20; i++) {
        byte[] found = new byte[BLOCK];
        try {
          volume.read(i * BLOCK, found, 0, BLOCK);
          assertEquals(i + 1, found[100]);
        } catch (DamagedBlockException e) {
          damaged++;
        }
      }
      assertEquals(1, damaged);
      assertEquals(1, volume.check().damagedBlocks());
    }
  }

  @Test
  void aVolumeIsNotReadWithAnotherCodec() throws Exception {
    Scratch files = files();
    try (LogVolume volume = files.create()) {
      byte[] data = new byte[BLOCK];
      Arrays.fill(data, (byte) 5);
      Blocks.writer(volume).write(0, data, 0, BLOCK);
      Blocks.writer(volume).flush();
      volume.flush();
    }
    files.codec = null;
    try (LogVolume volume = files.open(files.directory, false)) {
      assertThrows(DamagedBlockException.class, () -> volume.read(0, new byte[BLOCK], 0, BLOCK));
    }
  }
}
