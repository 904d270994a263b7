package io.coterie.volume.internal.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.base.seam.SystemEntropy;
import io.coterie.volume.internal.engine.GuardedDevice.Gate;
import io.coterie.volume.internal.format.VolumeKeys;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A new key, and what was under the old one. */
@Tag("S1-1.6")
@Tag("S1-10.4")
@Timeout(120)
class RekeyTest {
  private static final int BLOCK = 4096;
  private static final int BLOCKS = 8192;
  private static final int EPOCH_AT = 25;

  @TempDir Path scratch;

  private Scratch files;
  private VolumeKeys keys;

  @BeforeEach
  void make() throws IOException {
    files = new Scratch(Files.createDirectories(scratch.resolve("v")), (long) BLOCKS * BLOCK);
    files.threads = new NoThreads();
    keys = files.keys();
  }

  private static byte[] block(int number) {
    byte[] data = new byte[BLOCK];
    new Random(number).nextBytes(data);
    return data;
  }

  private static void write(LogVolume volume, int lba, int number) throws IOException {
    GuardedDevice device = new GuardedDevice(volume, new Gate(Gate.Right.WRITE));
    device.write((long) lba * BLOCK, block(number), 0, BLOCK);
    device.submit();
  }

  private void fill(LogVolume volume, int from) throws IOException {
    for (int i = 0; i < BLOCKS; i += 2) {
      write(volume, i, from + i);
    }
    volume.flush();
  }

  private static void check(LogVolume volume, int from) throws IOException {
    byte[] read = new byte[BLOCK];
    for (int i = 0; i < BLOCKS; i += 2) {
      volume.read((long) i * BLOCK, read, 0, BLOCK);
      assertArrayEquals(block(from + i), read, "block " + i);
    }
  }

  private List<Integer> epochs(Path where) throws IOException {
    java.util.TreeSet<Integer> found = new java.util.TreeSet<>();
    for (Path segment : Scratch.segments(where)) {
      found.add(ByteBuffer.wrap(Files.readAllBytes(segment)).getInt(EPOCH_AT));
    }
    return List.copyOf(found);
  }

  private VolumeKeys next() {
    return keys.withNewEpoch(new SystemEntropy(), 5);
  }

  private static void finish(LogVolume volume) throws IOException {
    int rounds = 0;
    while (volume.upkeep().reencrypt()) {
      assertTrue(rounds++ < 100, "it does not end");
    }
    assertTrue(volume.upkeep().oldKeysAreFree());
    volume.renewRoots();
  }

  @Test
  void everythingIsUnderTheNewKeyInTheEndAndTheOldOneIsNotNeeded() throws Exception {
    try (LogVolume volume = files.open(files.directory, keys, true)) {
      fill(volume, 0);
      volume.takeSnapshot("old", "", 0);
      fill(volume, 100_000);
      keys.adopt(next());
      assertEquals(2, keys.epochCount());
      assertTrue(volume.underNewestKeyPercent() < 10);
      write(volume, 1, 7);
      finish(volume);
      assertEquals(100, volume.underNewestKeyPercent());
      check(volume, 100_000);
      assertEquals(List.of(2), epochs(files.directory));
      assertEquals(List.of(), volume.upkeep().audit());
    }
    keys = files.keys(); // the volume ended its own
    VolumeKeys two = keys.withNewEpoch(n -> {}, 5);
    assertThrows(
        IOException.class,
        () -> files.open(files.directory, two, false),
        "another key of the same epoch opens nothing");
  }

  @Test
  void withoutTheOldKeyTheVolumeAndItsSnapshotsAreWhole() throws Exception {
    VolumeKeys rest;
    try (LogVolume volume = files.open(files.directory, keys, true)) {
      fill(volume, 0);
      volume.takeSnapshot("old", "", 0);
      fill(volume, 100_000);
      keys.adopt(next());
      finish(volume);
      rest = keys.copyFrom(keys.currentEpoch());
    }
    try (LogVolume volume = files.open(files.directory, rest, false)) {
      assertEquals(List.of(), volume.findings());
      check(volume, 100_000);
      byte[] read = new byte[BLOCK];
      for (int i = 0; i < BLOCKS; i += 2) {
        volume.snapshots().read("old", (long) i * BLOCK, read, 0, BLOCK);
        assertArrayEquals(block(i), read, "block " + i + " of the snapshot");
      }
    }
  }

  /** Opened after each round as a killed process leaves it, with both keys. */
  @Test
  void aCrashAtAnyTimeOnlyInterruptsIt() throws Exception {
    VolumeKeys both;
    try (LogVolume volume = files.open(files.directory, keys, true)) {
      fill(volume, 0);
      VolumeKeys next = next();
      keys.adopt(next);
      both = next;
      boolean more = true;
      int round = 0;
      while (more) {
        more = volume.upkeep().reencrypt();
        Path copy = files.copyTo(scratch.resolve("copy" + round++));
        VolumeKeys again = both.withNewEpoch(new SystemEntropy(), 1);
        try (LogVolume left = files.open(copy, again, false)) {
          assertEquals(List.of(), left.findings());
          check(left, 0);
          finish(left);
          check(left, 0);
          assertEquals(List.of(3), epochs(copy));
        }
      }
      assertTrue(round > 2, round + " rounds");
    }
  }

  @Test
  void aDestroyedKeyIsGone() {
    VolumeKeys two = next();
    String first = keys.fingerprint();
    keys.adopt(two);
    assertFalse(first.equals(keys.fingerprint()));
    try (VolumeKeys rest = keys.copyFrom(keys.currentEpoch())) {
      keys.adopt(rest);
    }
    assertEquals(1, keys.epochCount());
    assertThrows(NullPointerException.class, () -> keys.segment(1, 1, new byte[32]));
  }
}
