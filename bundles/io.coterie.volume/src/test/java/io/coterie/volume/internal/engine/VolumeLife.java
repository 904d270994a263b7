package io.coterie.volume.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.aead.internal.AeadProviders;
import io.coterie.crypto.api.Aead;
import io.coterie.volume.internal.engine.GuardedDevice.Gate;
import io.coterie.volume.internal.format.SnapshotEntry;
import io.coterie.volume.internal.format.TestKeys;
import io.coterie.volume.internal.format.VolumeHeader;
import io.coterie.volume.internal.format.VolumeKeys;
import io.coterie.volume.internal.memory.MapBudget;
import io.coterie.volume.zstd.internal.ZstdCodec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/**
 * A volume that lives through random acts on a {@link SimulatedDisk}, and what it was after each of
 * them. Repeatable by its seed, but for the keys.
 */
final class VolumeLife {
  static final int BLOCK = 4096;

  /** How many blocks are looked at; they lie in groups far apart from each other. */
  static final int BLOCKS = 256;

  /** Two levels of inner nodes; it may grow to three, and to four. */
  private static final long[] SIZES = {40L << 20, 3L << 30, 200L << 30};

  private static final int GROUP = 64;
  private static final long GROUPS_APART = 2500;
  private static final byte[] ID = new byte[16];
  private static final Aead AEAD = AeadProviders.usual(Aead.AES_256_GCM);

  /** Cleans whatever can be cleaned. */
  private static final CleaningPolicy EAGER = new CleaningPolicy(0, 1_000_000, 0, 0, 101, 0);

  /** Where a block lies in the volume, in bytes. */
  static long offsetOf(int block) {
    return (block / GROUP * GROUPS_APART + block % GROUP) * BLOCK;
  }

  /** Whether a block is as this life writes them. */
  static boolean isAll(byte[] block, byte value) {
    for (byte b : block) {
      if (b != value) {
        return false;
      }
    }
    return true;
  }

  /** Opens what the life left on a disk, as large as its header says. */
  static LogVolume open(SimulatedDisk disk, long sizeBytes, boolean packed, boolean fresh)
      throws IOException {
    return LogVolume.open(
        disk,
        TestKeys.header(ID, sizeBytes),
        TestKeys.of(ID, 1),
        AEAD,
        packing(packed),
        Witness.NONE,
        context(),
        fresh);
  }

  private static BlockPacking packing(boolean packed) {
    return packed ? BlockPacking.with(new ZstdCodec()) : BlockPacking.none();
  }

  private static EngineContext context() {
    return new EngineContext(
        new SystemEntropy(), new NoThreads(), new SystemClock(), new MapBudget(64L << 20), EAGER);
  }

  /**
   * The volume behind an act.
   *
   * @param begunAt the disk's step at which the act began
   * @param doneAt the step at which it was answered
   * @param durable true when everything up to it was promised to survive a loss of power
   * @param blocks what the first byte of each block is
   */
  record Moment(int begunAt, int doneAt, boolean durable, byte[] blocks) {}

  /**
   * A snapshot.
   *
   * @param takenAt the step at which it was promised
   * @param blocks what the first byte of each block is in it
   */
  record Kept(String name, int takenAt, byte[] blocks) {}

  final SimulatedDisk disk = new SimulatedDisk();
  final List<Moment> moments = new ArrayList<>();
  final List<Kept> kept = new ArrayList<>();

  /** At which step the header on disk had the next of the sizes. */
  private final List<Integer> grownAt = new ArrayList<>();

  /** At which step the deletion of a snapshot began. */
  final Map<String, Integer> deletedAt = new HashMap<>();

  private final Random random;
  private final boolean clones;
  final boolean packed;
  private int snapshotsTried;
  private boolean goesOn;
  private byte[] blocks = new byte[BLOCKS];
  private LogVolume volume;
  private GuardedDevice device;

  /**
   * Begins.
   *
   * @param clones true to make clones, which takes long
   * @param packed true for blocks that are compressed
   */
  VolumeLife(long seed, boolean clones, boolean packed) throws IOException {
    this.clones = clones;
    this.packed = packed;
    random = new Random(seed);
    begin(true);
    moments.add(new Moment(0, disk.stepCount(), true, blocks.clone()));
  }

  private void begin(boolean fresh) throws IOException {
    volume = open(disk, SIZES[grownAt.size()], packed, fresh);
    device = new GuardedDevice(volume, new Gate(Gate.Right.WRITE));
  }

  /** One act; when the disk refuses a step of it, it is remembered as begun. */
  void act() throws IOException {
    int begun = disk.stepCount();
    byte[] next = blocks.clone();
    int kind = random.nextInt(28);
    boolean durable;
    try {
      durable = act(kind, next);
    } catch (IOException e) {
      moments.add(new Moment(begun, Integer.MAX_VALUE, false, next));
      goesOn = kind >= 17 && kind < 24 && volume.readOnlyReason() == null;
      throw e;
    }
    blocks = next;
    moments.add(new Moment(begun, disk.stepCount(), durable, next));
  }

  /** True when all that was done is durable now. */
  private boolean act(int kind, byte[] next) throws IOException {
    if (kind < 9) {
      write(next, random.nextInt(BLOCKS), 1 + random.nextInt(8));
    } else if (kind < 11) {
      write(next, random.nextInt(BLOCKS), 100 + random.nextInt(24));
    } else if (kind < 13) {
      zero(next, random.nextInt(BLOCKS), 1 + random.nextInt(40));
    } else if (kind < 17) {
      device.flush();
    } else if (kind < 18) {
      volume.upkeep().checkpoint();
    } else if (kind < 20) {
      volume.upkeep().clean();
    } else if (kind < 22) {
      String name = "s" + snapshotsTried++;
      volume.takeSnapshot(name, "act " + moments.size(), 0);
      kept.add(new Kept(name, disk.stepCount(), next.clone()));
    } else if (kind < 23) {
      deleteOne();
    } else if (kind < 24) {
      volume.upkeep().deletePiece();
    } else if (kind < 26) {
      volume.close();
      begin(false);
    } else if (kind < 27) {
      grow();
    } else {
      forkOne();
    }
    // Not a cleaning, and not a deletion.
    return (kind > 12 && kind < 18) || kind == 20 || kind == 21 || kind == 24 || kind == 25;
  }

  /** True when the last act that was refused changed no content: the life may go on. */
  boolean goesOn() {
    return goesOn;
  }

  boolean takesWrites() {
    return volume.readOnlyReason() == null;
  }

  /** See {@link Upkeep#audit}. */
  List<String> audit() throws IOException {
    return volume.upkeep().audit();
  }

  private void deleteOne() throws IOException {
    List<String> there = volume.snapshots().list().stream().map(SnapshotEntry::name).toList();
    if (!there.isEmpty()) {
      String name = there.get(random.nextInt(there.size()));
      deletedAt.put(name, disk.stepCount());
      volume.deleteSnapshot(name);
    }
  }

  private void grow() {
    if (grownAt.size() + 1 < SIZES.length) {
      grownAt.add(disk.stepCount());
      volume.grow(SIZES[grownAt.size()]);
    }
  }

  /** How large the header says that the volume is behind a step. */
  long sizeAt(int step) {
    return SIZES[(int) grownAt.stream().filter(at -> at <= step).count()];
  }

  /** A clone is as its snapshot was, lives on its own and leaves the volume as it is. */
  private void forkOne() throws IOException {
    Set<String> there = new HashSet<>();
    volume.snapshots().list().forEach(s -> there.add(s.name()));
    Optional<Kept> found = kept.stream().filter(k -> there.contains(k.name())).findAny();
    if (found.isEmpty() || !clones) {
      return;
    }
    SimulatedDisk clone = new SimulatedDisk();
    Fork fork = volume.fork(found.get().name(), clone, (what, percent) -> {});
    byte[] id = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    VolumeHeader header = TestKeys.header(id, fork.snapshot().sizeBytes());
    VolumeKeys keys = TestKeys.of(ID, 1).forked(id, fork.epochs(), new SystemEntropy(), 0);
    byte[] blocks = found.get().blocks().clone();
    try (LogVolume made =
        LogVolume.openFork(clone, header, keys.copy(), AEAD, packing(packed), context(), fork)) {
      check(made, blocks);
      GuardedDevice writer = new GuardedDevice(made, new Gate(Gate.Right.WRITE));
      for (int i = 0; i < BLOCKS; i += 3) {
        byte[] data = new byte[BLOCK];
        Arrays.fill(data, (byte) 99);
        writer.write(offsetOf(i), data, 0, BLOCK);
        writer.submit();
        blocks[i] = 99;
      }
      made.upkeep().clean();
      check(made, blocks);
    }
    try (LogVolume again =
        LogVolume.open(
            clone.killedAfter(clone.stepCount()),
            header,
            keys,
            AEAD,
            packing(packed),
            Witness.NONE,
            context(),
            false)) {
      check(again, blocks);
    }
  }

  private static void check(LogVolume clone, byte[] blocks) throws IOException {
    byte[] block = new byte[BLOCK];
    for (int i = 0; i < BLOCKS; i++) {
      clone.read(offsetOf(i), block, 0, BLOCK);
      assertTrue(isAll(block, blocks[i]), "block " + i + " of the clone");
    }
    assertEquals(List.of(), clone.findings());
    assertEquals(List.of(), clone.upkeep().audit());
  }

  private void write(byte[] next, int first, int count) throws IOException {
    int end = Math.min(BLOCKS, first + count);
    byte value = (byte) (1 + random.nextInt(255));
    Arrays.fill(next, first, end, value);
    for (int at = first; at < end; ) {
      int part = Math.min(end, (at / GROUP + 1) * GROUP) - at;
      byte[] data = new byte[part * BLOCK];
      Arrays.fill(data, value);
      device.write(offsetOf(at), data, 0, data.length);
      at += part;
    }
    device.submit();
  }

  private void zero(byte[] next, int first, int count) throws IOException {
    int end = Math.min(BLOCKS, first + count);
    Arrays.fill(next, first, end, (byte) 0);
    device.zero(offsetOf(first), offsetOf(end - 1) + BLOCK - offsetOf(first));
    device.submit();
  }

  void end() throws IOException {
    volume.close();
  }
}
