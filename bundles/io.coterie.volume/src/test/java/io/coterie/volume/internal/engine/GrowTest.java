package io.coterie.volume.internal.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A volume gets larger than the tree that it began with. */
@Timeout(60)
class GrowTest {
  private static final long SMALL = 24L << 20;
  private static final long LARGE = 3L << 30;
  private static final int FAR = (int) (LARGE / 4096 - 200);

  @TempDir Path scratch;

  @Test
  void whatTheCleanerFindsBehindTheEndOfAnOldSnapshotIsNothingToTheSnapshot() throws Exception {
    Scratch files = new Scratch(Files.createDirectories(scratch.resolve("v")), SMALL);
    files.threads = new NoThreads();
    files.policy = new CleaningPolicy(0, 1_000_000, 0, 0, 101, 0);
    try (LogVolume volume = files.create()) {
      GuardedDevice device = Blocks.writer(volume);
      Blocks.write(device, 3, 3);
      device.flush();
      volume.takeSnapshot("small", "", 0);
      volume.grow(LARGE);
      for (int round = 1; round <= 3; round++) { // most of it is garbage then
        for (int i = 0; i < 100; i++) {
          Blocks.write(device, FAR + i, 1000 * round + i);
        }
        device.flush();
      }
      for (int i = 0; i < 4; i++) {
        volume.upkeep().clean();
      }
      assertEquals(List.of(), volume.findings());
      assertEquals(List.of(), volume.upkeep().audit());
      assertEquals(0, volume.check().damagedBlocks());
      for (int i = 0; i < 100; i++) {
        assertArrayEquals(Blocks.block(3000 + i), Blocks.read(volume, FAR + i));
      }
      byte[] block = new byte[4096];
      volume.snapshots().read("small", 3 * 4096, block, 0, 4096);
      assertArrayEquals(Blocks.block(3), block);
      assertThrows(
          IllegalArgumentException.class,
          () -> volume.snapshots().read("small", SMALL, block, 0, 4096));
      assertThrows(IllegalArgumentException.class, () -> volume.grow(SMALL));
    }
  }
}
