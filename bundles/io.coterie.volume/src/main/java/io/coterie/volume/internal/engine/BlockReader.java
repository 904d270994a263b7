package io.coterie.volume.internal.engine;

import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.AuthenticationFailedException;
import io.coterie.volume.api.DamagedBlockException;
import io.coterie.volume.internal.format.Sizes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Reads blocks: where they stand is looked up under the volume's lock, fetching and opening happen
 * outside. Thread-safe; each running read has a worker of its own.
 */
final class BlockReader {
  /** The longest read at once: 128 KiB stay in the processor's cache. */
  static final int MAX_BLOCKS = 32;

  static final int MAX_BYTES = MAX_BLOCKS * Sizes.BLOCK;
  private static final int MAX_IDLE_WORKERS = 8;

  private final Aead aead;
  private final byte[] volumeId;
  private final Queue<Worker> idle = new ConcurrentLinkedQueue<>();

  BlockReader(Aead aead, byte[] volumeId) {
    this.aead = aead;
    this.volumeId = volumeId;
  }

  /** Buffers and a cipher for one read at a time. */
  private static final class Worker {
    final BlockCipher cipher;
    final ByteBuffer direct = ByteBuffer.allocateDirect((MAX_BLOCKS + 1) * Sizes.BLOCK);
    final byte[] sealed = new byte[(MAX_BLOCKS + 1) * Sizes.BLOCK];
    final byte[] block = new byte[Sizes.BLOCK];

    Worker(Aead aead, byte[] volumeId) {
      cipher = new BlockCipher(aead, volumeId);
    }
  }

  /** Where the blocks of one read stand; their segments stay until {@link #unpin}. */
  static final class Plan {
    final long firstLba;
    final long[] locations;
    final long[] tags;
    final Segment[] segments;

    private Plan(long firstLba, int count) {
      this.firstLba = firstLba;
      this.locations = new long[count];
      this.tags = new long[2 * count];
      this.segments = new Segment[count];
    }

    /** Called under the volume's lock. */
    void unpin() {
      for (Segment segment : segments) {
        if (segment != null) {
          segment.unpin();
        }
      }
    }
  }

  /** Called under the volume's lock. */
  Plan plan(BlockMap map, SegmentTable table, long firstLba, int count) {
    Plan plan = new Plan(firstLba, count);
    for (int i = 0; i < count; i++) {
      long location = map.locationOf(firstLba + i);
      plan.locations[i] = location;
      if (location != BlockMap.HOLE) {
        plan.tags[2 * i] = map.tagHigh(firstLba + i);
        plan.tags[2 * i + 1] = map.tagLow(firstLba + i);
        Segment segment = table.get(BlockMap.segmentOf(location));
        if (segment != null) {
          segment.pin();
          plan.segments[i] = segment;
        }
      }
    }
    return plan;
  }

  /** Reads {@code length} bytes that begin {@code skip} bytes into the plan's first block. */
  void run(Plan plan, int skip, byte[] target, int targetOffset, int length) throws IOException {
    Worker worker = idle.poll();
    if (worker == null) {
      worker = new Worker(aead, volumeId);
    }
    try {
      int i = 0;
      while (i < plan.locations.length) {
        int run = runLength(plan, i);
        if (plan.locations[i] != BlockMap.HOLE) {
          fetch(worker, plan, i, run);
        }
        for (int j = i; j < i + run; j++) {
          deliver(worker, plan, j, j - i, skip, target, targetOffset, length);
        }
        i += run;
      }
    } finally {
      if (idle.size() < MAX_IDLE_WORKERS) {
        idle.add(worker);
      }
    }
  }

  /** How many blocks from {@code i} on stand behind each other, or are holes. */
  private static int runLength(Plan plan, int i) {
    int run = 1;
    while (i + run < plan.locations.length
        && (plan.locations[i] == BlockMap.HOLE
            ? plan.locations[i + run] == BlockMap.HOLE
            : plan.locations[i + run] == plan.locations[i] + run)) {
      run++;
    }
    return run;
  }

  private static void fetch(Worker worker, Plan plan, int i, int run) throws IOException {
    Segment segment = plan.segments[i];
    if (segment == null) {
      throw new DamagedBlockException(
          "block "
              + (plan.firstLba + i)
              + ": its segment "
              + BlockMap.segmentOf(plan.locations[i])
              + " is missing or damaged");
    }
    worker.direct.clear().limit(run * Sizes.BLOCK);
    segment.read(worker.direct, BlockMap.indexOf(plan.locations[i]));
    worker.direct.flip().get(worker.sealed, 0, run * Sizes.BLOCK);
  }

  private static void deliver(
      Worker worker,
      Plan plan,
      int j,
      int inRun,
      int skip,
      byte[] target,
      int targetOffset,
      int length)
      throws DamagedBlockException {
    int from = Math.max(0, skip - j * Sizes.BLOCK);
    int at = j * Sizes.BLOCK + from - skip;
    int part = Math.min(Sizes.BLOCK - from, length - at);
    if (part <= 0) {
      return;
    }
    if (plan.locations[j] == BlockMap.HOLE) {
      java.util.Arrays.fill(target, targetOffset + at, targetOffset + at + part, (byte) 0);
    } else if (part == Sizes.BLOCK) {
      open(worker, plan, j, inRun, target, targetOffset + at);
    } else {
      open(worker, plan, j, inRun, worker.block, 0);
      System.arraycopy(worker.block, from, target, targetOffset + at, part);
    }
  }

  private static void open(Worker worker, Plan plan, int j, int inRun, byte[] out, int outOffset)
      throws DamagedBlockException {
    Segment segment = plan.segments[j];
    int index = BlockMap.indexOf(plan.locations[j]);
    try {
      worker.cipher.open(
          segment.keys(),
          plan.firstLba + j,
          segment.id(),
          index,
          plan.tags[2 * j],
          plan.tags[2 * j + 1],
          worker.sealed,
          inRun * Sizes.BLOCK,
          out,
          outOffset);
    } catch (AuthenticationFailedException e) {
      throw new DamagedBlockException(
          "block "
              + (plan.firstLba + j)
              + " fails its authentication ("
              + segment.name()
              + " block "
              + index
              + ")");
    }
  }
}
