package io.coterie.volume.internal.engine;

import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.base.seam.Threads;
import io.coterie.crypto.aead.internal.AeadProviders;
import io.coterie.crypto.api.Aead;
import io.coterie.volume.internal.engine.GuardedDevice.Gate;
import io.coterie.volume.internal.format.VolumeHeader;
import io.coterie.volume.internal.format.VolumeKeys;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;

/**
 * A volume of 1 MiB that lives through random acts on a {@link SimulatedDisk}, and what it was
 * after each of them. Repeatable by its seed, but for the keys.
 */
final class VolumeLife {
  static final long SIZE = 1L << 20;
  static final int BLOCK = 4096;
  static final int BLOCKS = (int) (SIZE / BLOCK);
  private static final Aead AEAD = AeadProviders.usual(Aead.AES_256_GCM);

  /** Nothing runs in the background: each act is repeatable. */
  private static final class NoThreads implements Threads {
    @Override
    public Thread start(String name, Runnable body) {
      return new Thread(body, name);
    }

    @Override
    public ExecutorService pool(String name, int threadCount, int queueLimit) {
      throw new AssertionError("a volume has one thread of its own and no pool");
    }
  }

  static LogVolume open(SimulatedDisk disk, boolean fresh) throws IOException {
    byte[] id = new byte[16];
    return LogVolume.open(
        disk,
        new VolumeHeader(id, SIZE, Aead.AES_256_GCM, 0, List.of()),
        new VolumeKeys(id, Aead.AES_256_GCM, new byte[VolumeKeys.MASTER_BYTES]),
        AEAD,
        new SystemEntropy(),
        new NoThreads(),
        new SystemClock(),
        new MapBudget(64L << 20),
        fresh);
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

  final SimulatedDisk disk = new SimulatedDisk();
  final List<Moment> moments = new ArrayList<>();
  private final Random random;
  private byte[] blocks = new byte[BLOCKS];
  private LogVolume volume;
  private GuardedDevice device;

  VolumeLife(long seed) throws IOException {
    random = new Random(seed);
    begin(true);
    moments.add(new Moment(0, disk.stepCount(), true, blocks.clone()));
  }

  private void begin(boolean fresh) throws IOException {
    volume = open(disk, fresh);
    device = new GuardedDevice(volume, new Gate(Gate.Right.WRITE));
  }

  /** One act; when the disk refuses a step of it, it is remembered as begun. */
  void act() throws IOException {
    int begun = disk.stepCount();
    byte[] next = blocks.clone();
    boolean durable;
    try {
      durable = act(random.nextInt(20), next);
    } catch (IOException e) {
      moments.add(new Moment(begun, Integer.MAX_VALUE, false, next));
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
    } else if (kind < 19) {
      volume.upkeep().cleanOne();
    } else {
      volume.close();
      begin(false);
    }
    return kind > 12 && kind != 18; // a flush, a checkpoint, a closing: not a cleaning
  }

  private void write(byte[] next, int first, int count) throws IOException {
    int end = Math.min(BLOCKS, first + count);
    byte value = (byte) (1 + random.nextInt(255));
    byte[] data = new byte[(end - first) * BLOCK];
    Arrays.fill(data, value);
    Arrays.fill(next, first, end, value);
    device.write((long) first * BLOCK, data, 0, data.length);
    device.submit();
  }

  private void zero(byte[] next, int first, int count) throws IOException {
    int end = Math.min(BLOCKS, first + count);
    Arrays.fill(next, first, end, (byte) 0);
    device.zero((long) first * BLOCK, (long) (end - first) * BLOCK);
    device.submit();
  }

  void end() throws IOException {
    volume.close();
  }
}
