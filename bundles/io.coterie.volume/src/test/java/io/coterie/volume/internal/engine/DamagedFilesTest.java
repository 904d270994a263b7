package io.coterie.volume.internal.engine;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Files of a volume are cut at sectors and altered byte by byte. Whatever is damaged: a block gives
 * an error, or bytes that it really had at some time, and never anything else. What is damaged in
 * the present state is noticed.
 */
@Tag("S1-7.6")
@Tag("S1-2.2")
@Timeout(300)
class DamagedFilesTest {
  private static final int ACTS = 25;
  private static final int SAMPLES = Integer.getInteger("coterie.samples", 60);

  static LongStream seeds() {
    return LongStream.rangeClosed(1, Integer.getInteger("coterie.seeds", 1));
  }

  private static VolumeLife life(long seed) throws IOException {
    VolumeLife life = new VolumeLife(seed, false, seed % 2 == 0);
    for (int i = 0; i < ACTS; i++) {
      life.act();
    }
    life.end();
    return life;
  }

  private static LongStream places(long endBytes, int stepBytes, Random random) {
    long count = endBytes / stepBytes;
    return LongStream.range(0, SAMPLES).map(i -> (long) (random.nextDouble() * count) * stepBytes);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void aFileThatIsCutGivesNoBlockThatNeverWas(long seed) throws Exception {
    VolumeLife life = life(seed);
    Random random = new Random(seed);
    for (String name : life.disk.names("")) {
      places(life.disk.writtenBytes(name), SimulatedDisk.SECTOR_BYTES, random)
          .forEach(
              at ->
                  examine(
                      life,
                      life.disk.withFileCut(name, at),
                      "seed " + seed + ", " + name + " cut at " + at));
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void anAlteredByteGivesNoBlockThatNeverWas(long seed) throws Exception {
    VolumeLife life = life(seed);
    Random random = new Random(seed);
    for (String name : life.disk.names("")) {
      places(life.disk.writtenBytes(name), 1, random)
          .forEach(
              at ->
                  examine(
                      life,
                      life.disk.withByteFlipped(name, at),
                      "seed " + seed + ", " + name + " altered at " + at));
    }
  }

  private static void examine(VolumeLife life, SimulatedDisk left, String where) {
    try (LogVolume volume =
        VolumeLife.open(left, life.sizeAt(Integer.MAX_VALUE), life.packed, false)) {
      byte[] now = life.moments.get(life.moments.size() - 1).blocks();
      boolean told = !volume.findings().isEmpty() || volume.readOnlyReason() != null;
      byte[] block = new byte[VolumeLife.BLOCK];
      for (int i = 0; i < VolumeLife.BLOCKS; i++) {
        try {
          volume.read(VolumeLife.offsetOf(i), block, 0, block.length);
        } catch (IOException e) {
          continue; // it says so
        }
        assertTrue(VolumeLife.isAll(block, block[0]), where + ": block " + i + " is a mixture");
        assertTrue(was(life, i, block[0]), where + ": block " + i + " never was " + block[0]);
        assertTrue(
            told || block[0] == now[i], where + ": block " + i + " is old, and nobody says so");
      }
    } catch (IOException e) {
      assertTrue(e.getMessage() != null, where);
    } catch (RuntimeException e) {
      fail(where, e);
    }
  }

  private static boolean was(VolumeLife life, int block, byte value) {
    return life.moments.stream().anyMatch(moment -> moment.blocks()[block] == value);
  }
}
