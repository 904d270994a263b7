package io.coterie.volume.internal.engine;

import io.coterie.volume.internal.format.Descriptor;
import io.coterie.volume.internal.format.Packing;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.log.LogWriter;
import io.coterie.volume.internal.map.HeadMap;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;

/** Stages blocks and holes into the log, of ranges that may begin and end within a block. */
final class BlockWriter {
  /** How many leaves of the map one step of a long act looks at. */
  private static final long STEP_BLOCKS = 64L * Sizes.LEAF_ENTRIES;

  private final ReentrantLock lock;
  private final VolumeState state;
  private final MapLock mapLock;
  private final HeadMap map;
  private final LogWriter log;
  private final BlockReader reader;

  /** A block of which a part is written. Guarded by the lock. */
  private final byte[] partial = new byte[Sizes.BLOCK];

  private final BlockPacking packing;
  private final Room room;

  /** Guarded by the lock. */
  private final byte[] packed = new byte[Packing.MOST_BYTES];

  /** Memory for what a step changes. */
  interface Room {
    /** Waits until there is some. Takes the lock, which must not be held. */
    void await() throws IOException;
  }

  BlockWriter(
      ReentrantLock lock,
      VolumeState state,
      MapLock mapLock,
      HeadMap map,
      LogWriter log,
      BlockReader reader,
      BlockPacking packing,
      Room room) {
    this.packing = packing;
    this.room = room;
    this.lock = lock;
    this.state = state;
    this.mapLock = mapLock;
    this.map = map;
    this.log = log;
    this.reader = reader;
  }

  /** Stages a write and returns its generation. */
  long write(long offset, byte[] source, int sourceOffset, int length) throws IOException {
    room.await();
    mapLock.lock(offset / Sizes.BLOCK, (offset + Math.max(1, length) - 1) / Sizes.BLOCK);
    try {
      state.checkWritable();
      long generation = log.generation();
      int done = 0;
      while (done < length) {
        long position = offset + done;
        long lba = position / Sizes.BLOCK;
        int inBlock = (int) (position % Sizes.BLOCK);
        int part = Math.min(length - done, Sizes.BLOCK - inBlock);
        if (part == Sizes.BLOCK) {
          stage(lba, source, sourceOffset + done);
        } else {
          readBlock(lba);
          System.arraycopy(source, sourceOffset + done, partial, inBlock, part);
          stage(lba, partial, 0);
        }
        done += part;
      }
      return generation;
    } finally {
      lock.unlock();
    }
  }

  /** Stages zeroes over a range and returns the generation. */
  long zero(long offset, long length) throws IOException {
    long end = offset + length;
    long at = offset;
    long generation = Long.MAX_VALUE;
    while (at < end) {
      long next = Math.min(end, (at / Sizes.BLOCK + STEP_BLOCKS) * Sizes.BLOCK);
      room.await();
      mapLock.lock(at / Sizes.BLOCK, (next - 1) / Sizes.BLOCK);
      try {
        state.checkWritable();
        generation = Math.min(generation, log.generation());
        zeroStep(at, next);
      } finally {
        lock.unlock();
      }
      at = next;
    }
    return generation;
  }

  private void zeroStep(long from, long end) throws IOException {
    long at = from;
    while (at < end) {
      long lba = at / Sizes.BLOCK;
      int inBlock = (int) (at % Sizes.BLOCK);
      long wholeBlocks = inBlock == 0 ? (end - at) / Sizes.BLOCK : 0;
      if (wholeBlocks > 0) {
        map.prepareClearing(lba, wholeBlocks);
        log.stageHole(lba, wholeBlocks);
        at += wholeBlocks * Sizes.BLOCK;
      } else {
        int part = (int) Math.min(end - at, Sizes.BLOCK - inBlock);
        readBlock(lba);
        Arrays.fill(partial, inBlock, inBlock + part, (byte) 0);
        stage(lba, partial, 0);
        at += part;
      }
    }
  }

  private void stage(long lba, byte[] source, int offset) throws IOException {
    map.prepare(lba);
    if (Zeroes.only(source, offset, Sizes.BLOCK)) {
      log.stageHole(lba, 1);
      return;
    }
    int granules = packing.number() == Packing.NONE ? 0 : packing.pack(source, offset, packed);
    if (granules > 0) {
      log.stage(Descriptor.DATA, lba, packing.number(), packed, 0, granules);
    } else {
      log.stage(Descriptor.DATA, lba, source, offset);
    }
  }

  /** Reads one block under the lock, for a write that covers only a part of it. */
  private void readBlock(long lba) throws IOException {
    log.submit();
    BlockReader.Worker worker = reader.take();
    try {
      worker.plan(map, lba, 1);
      worker.run(0, partial, 0, Sizes.BLOCK);
    } finally {
      reader.giveBack(worker);
    }
  }
}
