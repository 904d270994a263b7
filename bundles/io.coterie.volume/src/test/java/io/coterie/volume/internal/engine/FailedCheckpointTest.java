package io.coterie.volume.internal.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A checkpoint that is refused by the disk while the cleaner's moves hang on it. */
@Timeout(120)
class FailedCheckpointTest {
  private static final int BLOCKS = 1536;
  private static final int LEAF = 128;
  private static final int OVERWRITTEN = 100;

  private final SimulatedDisk disk = new SimulatedDisk();

  /**
   * Blocks are moved, written over before the checkpoint is durable, and the checkpoint fails: the
   * snapshot has them at their old places.
   */
  @Test
  void whatWasMovedAndWrittenOverBeforeACheckpointFailedIsStillTheSnapshots() throws Exception {
    try (LogVolume volume = VolumeLife.open(disk, 8L << 20, false, true)) {
      GuardedDevice device = Blocks.writer(volume);
      for (int lba = 0; lba < BLOCKS; lba++) {
        Blocks.write(device, lba, lba + 1);
      }
      device.flush();
      volume.takeSnapshot("then", "", 0);
      for (int lba = 0; lba < BLOCKS; lba += LEAF) { // each leaf is in memory, and changed
        Blocks.write(device, lba, lba + BLOCKS);
      }
      device.flush();
      AtomicBoolean refused = new AtomicBoolean();
      disk.refuse(
          (step, number) -> {
            boolean root = disk.writesTo(step, "root-a") || disk.writesTo(step, "root-b");
            if (root && !refused.getAndSet(true)) {
              overwrite(device);
            }
            return root ? SimulatedDisk.Verdict.FAIL : SimulatedDisk.Verdict.DO;
          });
      assertThrows(IOException.class, () -> volume.upkeep().clean());
      assertTrue(refused.get());
      disk.refuse((step, number) -> SimulatedDisk.Verdict.DO);
      assertEquals(List.of(), volume.upkeep().audit());
      check(volume);
      for (int round = 0; round < 3; round++) {
        volume.upkeep().clean();
        check(volume);
      }
      assertEquals(List.of(), volume.upkeep().audit());
    }
    try (LogVolume again = VolumeLife.open(disk, 8L << 20, false, false)) {
      check(again);
      assertEquals(0, again.check().damagedBlocks());
    }
  }

  private static void overwrite(GuardedDevice device) {
    try {
      for (int lba = 1; lba <= OVERWRITTEN; lba++) {
        Blocks.write(device, lba, lba + 2 * BLOCKS);
      }
      device.submit();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void check(LogVolume volume) throws IOException {
    byte[] kept = new byte[BLOCKS * 4096];
    volume.snapshots().read("then", 0, kept, 0, kept.length);
    for (int lba = 0; lba < BLOCKS; lba++) {
      byte[] then = Arrays.copyOfRange(kept, lba * 4096, (lba + 1) * 4096);
      assertArrayEquals(Blocks.block(lba + 1), then, "block " + lba + " of the snapshot");
      boolean over = lba >= 1 && lba <= OVERWRITTEN;
      int seed = over ? lba + 2 * BLOCKS : lba % LEAF == 0 ? lba + BLOCKS : lba + 1;
      assertArrayEquals(Blocks.block(seed), Blocks.read(volume, lba), "block " + lba);
    }
  }
}
