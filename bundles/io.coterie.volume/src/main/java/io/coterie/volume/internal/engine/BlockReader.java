package io.coterie.volume.internal.engine;

import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.AuthenticationFailedException;
import io.coterie.volume.api.DamagedBlockException;
import io.coterie.volume.internal.format.Descriptor;
import io.coterie.volume.internal.format.Location;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.format.SnapshotEntry;
import io.coterie.volume.internal.log.OpenSegments;
import io.coterie.volume.internal.log.Segment;
import io.coterie.volume.internal.log.UnitCipher;
import io.coterie.volume.internal.map.HeadMap;
import io.coterie.volume.internal.map.TreeReader;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
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
  private final OpenSegments segments;
  private final Queue<Worker> idle = new ConcurrentLinkedQueue<>();

  BlockReader(Aead aead, OpenSegments segments) {
    this.aead = aead;
    this.segments = segments;
  }

  Worker take() {
    Worker worker = idle.poll();
    return worker == null ? new Worker(aead, segments) : worker;
  }

  void giveBack(Worker worker) {
    if (idle.size() < MAX_IDLE_WORKERS) {
      idle.add(worker);
    }
  }

  /** A read, with its buffers and a cipher. One thread. */
  static final class Worker {
    private final OpenSegments segments;
    private final UnitCipher cipher;
    private final ByteBuffer direct = ByteBuffer.allocateDirect(MAX_BYTES);
    private final byte[] sealed = new byte[MAX_BYTES];
    private final byte[] block = new byte[Sizes.BLOCK];
    private final long[] entries = new long[MAX_BLOCKS * Sizes.LEAF_ENTRY_LONGS];
    private long firstLba;
    private int count;

    private Worker(Aead aead, OpenSegments segments) {
      this.segments = segments;
      this.cipher = new UnitCipher(aead);
    }

    /** Looks up where the blocks stand. Called under the volume's lock. */
    void plan(HeadMap map, long first, int blocks) throws IOException {
      firstLba = first;
      count = blocks;
      for (int i = 0; i < blocks; i++) {
        map.entry(first + i, entries, i * Sizes.LEAF_ENTRY_LONGS);
      }
    }

    /** The same for a snapshot. Called without the lock, by one who has entered as a reader. */
    void plan(TreeReader trees, SnapshotEntry snapshot, long first, int blocks) throws IOException {
      firstLba = first;
      count = blocks;
      for (int i = 0; i < blocks; i++) {
        trees.entry(snapshot, first + i, entries, i * Sizes.LEAF_ENTRY_LONGS);
      }
    }

    private long location(int i) {
      return entries[i * Sizes.LEAF_ENTRY_LONGS];
    }

    /** Reads {@code length} bytes that begin {@code skip} bytes into the first planned block. */
    void run(int skip, byte[] target, int targetOffset, int length) throws IOException {
      int i = 0;
      while (i < count) {
        int run = runLength(i);
        if (location(i) == Location.NONE) {
          for (int j = i; j < i + run; j++) {
            deliver(null, j, j - i, skip, target, targetOffset, length);
          }
        } else {
          fetchAndDeliver(i, run, skip, target, targetOffset, length);
        }
        i += run;
      }
    }

    private void fetchAndDeliver(
        int i, int run, int skip, byte[] target, int targetOffset, int length) throws IOException {
      Segment segment = acquire(i);
      try {
        direct.clear().limit(run * Sizes.BLOCK);
        segment.read(direct, (long) Location.granuleOf(location(i)) * Sizes.GRANULE);
        direct.flip().get(sealed, 0, run * Sizes.BLOCK);
        for (int j = i; j < i + run; j++) {
          deliver(segment, j, j - i, skip, target, targetOffset, length);
        }
      } catch (EOFException e) {
        throw new DamagedBlockException("block " + (firstLba + i) + ": " + e.getMessage());
      } finally {
        segments.release(segment);
      }
    }

    private Segment acquire(int i) throws IOException {
      try {
        return segments.acquire(Location.segmentOf(location(i)));
      } catch (DamagedBlockException e) {
        throw new DamagedBlockException("block " + (firstLba + i) + ": " + e.getMessage());
      }
    }

    /** How many blocks from {@code i} on stand behind each other, or are holes. */
    private int runLength(int i) {
      long first = location(i);
      int run = 1;
      while (i + run < count
          && location(i + run)
              == (first == Location.NONE
                  ? Location.NONE
                  : first + (long) run * Sizes.BLOCK_GRANULES)) {
        run++;
      }
      return run;
    }

    private void deliver(
        Segment segment, int j, int inRun, int skip, byte[] target, int targetOffset, int length)
        throws DamagedBlockException {
      int from = Math.max(0, skip - j * Sizes.BLOCK);
      int at = j * Sizes.BLOCK + from - skip;
      int part = Math.min(Sizes.BLOCK - from, length - at);
      if (part <= 0) {
        return;
      }
      if (segment == null) {
        Arrays.fill(target, targetOffset + at, targetOffset + at + part, (byte) 0);
      } else if (part == Sizes.BLOCK) {
        open(segment, j, inRun, target, targetOffset + at);
      } else {
        open(segment, j, inRun, block, 0);
        System.arraycopy(block, from, target, targetOffset + at, part);
      }
    }

    private void open(Segment segment, int j, int inRun, byte[] out, int outOffset)
        throws DamagedBlockException {
      int at = j * Sizes.LEAF_ENTRY_LONGS;
      try {
        cipher.open(
            segment,
            entries[at],
            Descriptor.DATA,
            firstLba + j,
            entries[at + 2],
            entries[at + 3],
            sealed,
            inRun * Sizes.BLOCK,
            out,
            outOffset);
      } catch (AuthenticationFailedException e) {
        throw new DamagedBlockException(
            "block "
                + (firstLba + j)
                + " fails its authentication ("
                + segment.name()
                + " block "
                + Location.granuleOf(entries[at]) / Sizes.BLOCK_GRANULES
                + ")");
      }
    }
  }
}
