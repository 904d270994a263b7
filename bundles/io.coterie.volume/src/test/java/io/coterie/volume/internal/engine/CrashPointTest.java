package io.coterie.volume.internal.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.coterie.volume.internal.engine.GuardedDevice.Gate;
import io.coterie.volume.internal.format.SnapshotEntry;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A volume lives through random acts on a disk that remembers each step. Then it is opened as a
 * crash behind every single step would have left it, by a kill and by a loss of power that keeps
 * none, some or all of what was not forced. What is found must be the volume as it was after one of
 * its acts: none older than the last one that was promised, and never a mixture.
 */
@Tag("S1-2.1")
@Timeout(300)
class CrashPointTest {
  private static final int BLOCK = VolumeLife.BLOCK;
  private static final int BLOCKS = VolumeLife.BLOCKS;
  private static final int ACTS = 60;
  private static final double[] KEPT = {0, 0.5, 1};

  static LongStream seeds() {
    return LongStream.rangeClosed(1, Integer.getInteger("coterie.seeds", 1));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void behindEveryStepTheVolumeIsAsItWasAfterOneOfItsActs(long seed) throws Exception {
    liveAndCrash(seed, new VolumeLife(seed, true, false));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void behindEveryStepACompressedVolumeIsAsItWasAfterOneOfItsActs(long seed) throws Exception {
    liveAndCrash(seed, new VolumeLife(seed + 1, true, true));
  }

  private static void liveAndCrash(long seed, VolumeLife life) throws Exception {
    for (int i = 0; i < ACTS; i++) {
      life.act();
    }
    int created = life.moments.get(0).doneAt();
    for (int step = created; step <= life.disk.stepCount(); step++) {
      String where = "seed " + seed + ", step " + step;
      examine(life, life.disk.killedAfter(step), step, false, where + ", killed");
      for (double kept : KEPT) {
        SimulatedDisk left = life.disk.unpoweredAfter(step, kept, new Random(31 * seed + step));
        examine(life, left, step, true, where + ", without power, kept " + kept);
      }
    }
    life.end();
  }

  /** A disk that is full or broken for a moment: EIO and ENOSPC, at once or in half of a write. */
  @ParameterizedTest
  @MethodSource("seeds")
  void aStepThatTheDiskRefusesTakesNothingBackThatWasPromised(long seed) throws Exception {
    VolumeLife whole = new VolumeLife(seed, false, false);
    for (int i = 0; i < ACTS; i++) {
      whole.act();
    }
    int created = whole.moments.get(0).doneAt();
    for (int refused = created; refused < whole.disk.stepCount(); refused++) {
      for (SimulatedDisk.Verdict verdict :
          List.of(SimulatedDisk.Verdict.FAIL, SimulatedDisk.Verdict.FAIL_HALFWAY)) {
        VolumeLife life = new VolumeLife(seed, false, false);
        refuseOnce(life.disk, refused, verdict);
        String where = "seed " + seed + ", step " + refused + " " + verdict;
        if (livesOn(life)) {
          assertEquals(List.of(), life.audit(), where);
        }
        int steps = life.disk.stepCount();
        examine(life, life.disk.killedAfter(steps), steps, false, where);
        SimulatedDisk unpowered = life.disk.unpoweredAfter(steps, 0, new Random(seed));
        examine(life, unpowered, steps, true, where + ", then without power");
      }
    }
  }

  /**
   * What is refused without loss is behind it at the next act; true when it lived to the end and
   * goes on.
   */
  private static boolean livesOn(VolumeLife life) {
    for (int i = 0; i < ACTS; i++) {
      try {
        life.act();
      } catch (IOException e) {
        if (!life.goesOn()) {
          return false;
        }
      }
    }
    return life.takesWrites();
  }

  /** Of two checkpoints either serves: nothing that the older one needs is gone before its time. */
  @ParameterizedTest
  @MethodSource("seeds")
  void withoutOneOfItsRootsTheVolumeIsAsItWas(long seed) throws Exception {
    VolumeLife life = new VolumeLife(seed, false, true);
    for (int i = 0; i < ACTS; i++) {
      life.act();
    }
    for (int step = life.moments.get(0).doneAt(); step <= life.disk.stepCount(); step += 3) {
      for (String root : List.of("root-a", "root-b")) {
        SimulatedDisk left = life.disk.killedAfter(step);
        left.flip(root, 70);
        String where = "seed " + seed + ", step " + step + ", killed, " + root + " altered";
        examine(life, left, step, false, where);
      }
    }
    life.end();
  }

  private static void refuseOnce(SimulatedDisk disk, int number, SimulatedDisk.Verdict verdict) {
    boolean[] done = new boolean[1];
    disk.refuse(
        (step, at) -> {
          if (at < number || done[0]) {
            return SimulatedDisk.Verdict.DO;
          }
          done[0] = true;
          return verdict;
        });
  }

  private static void examine(
      VolumeLife life, SimulatedDisk left, int step, boolean power, String where) {
    try (LogVolume volume = VolumeLife.open(left, life.sizeAt(step), life.packed, false)) {
      assertNull(volume.readOnlyReason(), where);
      snapshotsAreWhole(life, volume, step, where);
      assertEquals(List.of(), volume.upkeep().audit(), where);
      byte[] found = contents(volume, where);
      int oldest = oldestAllowed(life, step, power);
      for (int i = life.moments.size() - 1; i >= oldest; i--) {
        boolean begun = life.moments.get(i).begunAt() <= step;
        boolean between = begun && i > oldest && partlyDone(life, i, found);
        if (begun && (between || Arrays.equals(life.moments.get(i).blocks(), found))) {
          writesGoOn(volume, where);
          return;
        }
      }
      fail(where + ": the volume is as it never was, or older than promised");
    } catch (IOException | RuntimeException e) {
      fail(where, e);
    }
  }

  /**
   * A large write may stand in two commits, when it met the end of a segment: then its first blocks
   * may be there and its last ones not.
   */
  private static boolean partlyDone(VolumeLife life, int act, byte[] found) {
    byte[] before = life.moments.get(act - 1).blocks();
    byte[] after = life.moments.get(act).blocks();
    int same = 0;
    while (same < BLOCKS && found[same] == after[same]) {
      same++;
    }
    return Arrays.equals(found, same, BLOCKS, before, same, BLOCKS);
  }

  /** The newest act whose survival was promised when this step was done. */
  private static int oldestAllowed(VolumeLife life, int step, boolean power) {
    int oldest = 0;
    for (int i = 0; i < life.moments.size(); i++) {
      VolumeLife.Moment moment = life.moments.get(i);
      if (moment.doneAt() <= step && (moment.durable() || !power)) {
        oldest = i;
      }
    }
    return oldest;
  }

  private static byte[] contents(LogVolume volume, String where) throws IOException {
    byte[] block = new byte[BLOCK];
    byte[] found = new byte[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
      volume.read(VolumeLife.offsetOf(i), block, 0, BLOCK);
      found[i] = block[0];
      assertTrue(VolumeLife.isAll(block, found[i]), where + ": block " + i + " is a mixture");
    }
    return found;
  }

  /** A snapshot that is there is as it was taken, and one that was promised is there. */
  private static void snapshotsAreWhole(VolumeLife life, LogVolume volume, int step, String where)
      throws IOException {
    Set<String> there = new HashSet<>();
    byte[] block = new byte[BLOCK];
    for (SnapshotEntry snapshot : volume.snapshots().list()) {
      there.add(snapshot.name());
      Optional<VolumeLife.Kept> known =
          life.kept.stream().filter(k -> k.name().equals(snapshot.name())).findFirst();
      for (int i = 0; known.isPresent() && i < BLOCKS; i++) {
        volume.snapshots().read(snapshot.name(), VolumeLife.offsetOf(i), block, 0, BLOCK);
        assertTrue(
            VolumeLife.isAll(block, known.get().blocks()[i]),
            where + ": block " + i + " of " + snapshot.name() + " is not as it was");
      }
    }
    for (VolumeLife.Kept kept : life.kept) {
      int deleted = life.deletedAt.getOrDefault(kept.name(), Integer.MAX_VALUE);
      assertTrue(
          kept.takenAt() > step || deleted <= step || there.contains(kept.name()),
          where + ": snapshot " + kept.name() + " is gone");
    }
  }

  private static void writesGoOn(LogVolume volume, String where) throws IOException {
    GuardedDevice device = new GuardedDevice(volume, new Gate(Gate.Right.WRITE));
    byte[] data = new byte[BLOCK];
    Arrays.fill(data, (byte) 77);
    device.write(0, data, 0, BLOCK);
    device.flush();
    byte[] read = new byte[BLOCK];
    device.read(0, read, 0, BLOCK);
    assertArrayEquals(data, read, where);
  }
}
