package io.coterie.volume.internal.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.volume.internal.engine.GuardedDevice.Gate;
import io.coterie.volume.internal.format.SnapshotEntry;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("S1-4.1")
@Timeout(300)
class SnapshotTest {
  private static final int BLOCK = 4096;
  private static final int BLOCKS = 16384;

  @TempDir Path scratch;

  static LongStream seeds() {
    return LongStream.rangeClosed(1, Integer.getInteger("coterie.seeds", 3));
  }

  /** A volume beside a model of it: the number that each block is filled by. */
  private final class Model {
    final Scratch files;
    final Map<String, int[]> snapshots = new TreeMap<>();
    int[] blocks = new int[BLOCKS];
    LogVolume volume;
    GuardedDevice device;
    int written;

    Model() throws IOException {
      files = new Scratch(Files.createDirectories(scratch.resolve("v")), (long) BLOCKS * BLOCK);
      files.threads = new NoThreads();
      files.policy = new CleaningPolicy(100, 1_000_000, 2, 0, 95, 0);
      begin(true);
    }

    void begin(boolean fresh) throws IOException {
      volume = files.open(files.directory, fresh);
      device = new GuardedDevice(volume, new Gate(Gate.Right.WRITE));
    }

    void write(int lba, int count) throws IOException {
      written++;
      byte[] data = new byte[count * BLOCK];
      for (int i = 0; i < count; i++) {
        fill(data, i, written);
        blocks[lba + i] = written;
      }
      device.write((long) lba * BLOCK, data, 0, data.length);
      device.submit();
    }

    void zero(int lba, int count) throws IOException {
      device.zero((long) lba * BLOCK, (long) count * BLOCK);
      device.submit();
      java.util.Arrays.fill(blocks, lba, lba + count, 0);
    }

    void snapshot(String name) throws IOException {
      volume.takeSnapshot(name, "of " + name, 1234);
      snapshots.put(name, blocks.clone());
    }

    void delete(String name) throws IOException {
      volume.deleteSnapshot(name);
      snapshots.remove(name);
    }

    void check() throws IOException {
      byte[] block = new byte[BLOCK];
      byte[] expected = new byte[BLOCK];
      List<String> names =
          volume.snapshots().list().stream().map(SnapshotEntry::name).sorted().toList();
      assertEquals(new ArrayList<>(snapshots.keySet()), names);
      for (int lba = 0; lba < BLOCKS; lba++) {
        fill(expected, 0, blocks[lba]);
        device.read((long) lba * BLOCK, block, 0, BLOCK);
        assertArrayEquals(expected, block, "block " + lba);
      }
      for (var snapshot : snapshots.entrySet()) {
        for (int lba = 0; lba < BLOCKS; lba++) {
          fill(expected, 0, snapshot.getValue()[lba]);
          volume.snapshots().read(snapshot.getKey(), (long) lba * BLOCK, block, 0, BLOCK);
          assertArrayEquals(expected, block, snapshot.getKey() + " block " + lba);
        }
      }
      assertEquals(List.of(), volume.upkeep().audit());
    }
  }

  /** Zeroes for 0, else a pattern that does not look like that of another number. */
  private static void fill(byte[] target, int block, int number) {
    for (int i = 0; i < BLOCK; i++) {
      target[block * BLOCK + i] = (byte) (number == 0 ? 0 : number * 31 + i * (number | 1));
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  @Tag("S1-4.3")
  @Tag("S1-4.4")
  void snapshotsStayAsTheyWereWhateverHappensBesideThem(long seed) throws Exception {
    Random random = new Random(seed);
    Model model = new Model();
    for (int step = 0; step < 400; step++) {
      int kind = random.nextInt(100);
      int lba = random.nextInt(BLOCKS - 600);
      if (kind < 50) {
        model.write(lba, 1 + random.nextInt(64));
      } else if (kind < 60) {
        model.write(lba, 600);
      } else if (kind < 65) {
        model.zero(lba, 1 + random.nextInt(600));
      } else if (kind < 75) {
        if (model.snapshots.size() < 6) {
          model.snapshot("s" + step);
        }
      } else if (kind < 80) {
        if (!model.snapshots.isEmpty()) {
          List<String> names = new ArrayList<>(model.snapshots.keySet());
          model.delete(names.get(random.nextInt(names.size())));
        }
      } else if (kind < 85) {
        model.volume.upkeep().deletePiece();
      } else if (kind < 95) {
        model.volume.upkeep().clean();
      } else if (kind < 98) {
        model.volume.upkeep().checkpoint();
      } else {
        model.volume.close();
        model.begin(false);
        assertEquals(List.of(), model.volume.findings(), "seed " + seed);
      }
      if (step % 80 == 79) {
        model.check();
      }
    }
    model.volume.close();
  }

  @Test
  @Tag("S1-4.5")
  void aSnapshotSaysWhatItIs() throws Exception {
    Model model = new Model();
    model.write(5, 10);
    model.snapshot("first");
    SnapshotEntry entry = model.volume.snapshots().list().get(0);
    assertEquals("first", entry.name());
    assertEquals("of first", entry.description());
    assertEquals(1234, entry.createdMillis());
    assertEquals(10, entry.mappedBlocks());
    model.volume.close();
    model.begin(false);
    assertEquals("of first", model.volume.snapshots().list().get(0).description());
    assertThrows(
        FileNotFoundException.class,
        () -> model.volume.snapshots().read("none", 0, new byte[1], 0, 1));
    model.volume.close();
  }

  @Test
  void aSnapshotTakesNoRoomUntilTheVolumeGoesOn() throws Exception {
    Model model = new Model();
    for (int i = 0; i < 16; i++) {
      model.write(i * 1000, 1000);
    }
    model.volume.upkeep().checkpoint();
    long before = size(model.files.directory);
    for (int i = 0; i < 20; i++) {
      model.snapshot("s" + i);
    }
    long after = size(model.files.directory);
    assertTrue(after - before <= 8L << 20, before + " before, " + after + " after 20 snapshots");
    model.volume.close();
  }

  @Test
  void whatOnlyDeletedSnapshotsHadIsGivenBack() throws Exception {
    Model model = new Model();
    for (int round = 0; round < 5; round++) {
      for (int i = 0; i < 16; i++) {
        model.write(i * 1000, 1000);
      }
      model.snapshot("s" + round);
    }
    long full = size(model.files.directory);
    for (int round = 0; round < 5; round++) {
      model.delete("s" + round);
    }
    while (model.volume.upkeep().deletePiece()) {
      // Until nothing is left of them.
    }
    assertEquals(0, model.volume.snapshots().deleting());
    model.volume.upkeep().checkpoint();
    model.volume.upkeep().checkpoint();
    model.check();
    model.volume.close();
    long rest = size(model.files.directory);
    assertTrue(rest < full / 3, full + " bytes before, " + rest + " after");
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void theDifferenceOfTwoSnapshotsIsWhatAComparisonOfAllBlocksFinds(long seed) throws Exception {
    Random random = new Random(seed);
    Model model = new Model();
    for (int i = 0; i < 40; i++) {
      model.write(random.nextInt(BLOCKS - 300), 1 + random.nextInt(300));
    }
    model.snapshot("a");
    for (int i = 0; i < 15; i++) {
      model.write(random.nextInt(BLOCKS - 30), 1 + random.nextInt(30));
      model.zero(random.nextInt(BLOCKS - 30), 1 + random.nextInt(30));
      model.volume.upkeep().clean();
    }
    model.snapshot("b");
    for (String[] pair : List.of(new String[] {"b", "a"}, new String[] {"a", "b"})) {
      BitSet told = new BitSet();
      BitSet data = new BitSet();
      model
          .volume
          .snapshots()
          .differences(
              pair[0],
              pair[1],
              (first, blocks, hasData) -> {
                told.set((int) first, (int) (first + blocks));
                data.set((int) first, (int) (first + blocks), hasData);
              });
      int[] mine = model.snapshots.get(pair[0]);
      int[] other = model.snapshots.get(pair[1]);
      for (int lba = 0; lba < BLOCKS; lba++) {
        assertEquals(mine[lba] != other[lba], told.get(lba), "seed " + seed + " block " + lba);
        if (told.get(lba)) {
          assertEquals(mine[lba] != 0, data.get(lba));
        }
      }
    }
    model.volume.close();
  }

  private static long size(Path directory) throws IOException {
    long total = 0;
    for (Path segment : Scratch.segments(directory)) {
      total += Files.size(segment);
    }
    return total;
  }
}
