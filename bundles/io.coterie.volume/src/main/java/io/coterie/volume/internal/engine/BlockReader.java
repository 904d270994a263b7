package io.coterie.volume.internal.engine;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.AuthenticationFailedException;
import io.coterie.volume.api.DamagedBlockException;
import io.coterie.volume.internal.format.Descriptor;
import io.coterie.volume.internal.format.Extent;
import io.coterie.volume.internal.format.Location;
import io.coterie.volume.internal.format.Packing;
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
  private final BlockPacking packing;
  private final Queue<Worker> idle = new ConcurrentLinkedQueue<>();

  BlockReader(Aead aead, OpenSegments segments, BlockPacking packing) {
    this.aead = aead;
    this.segments = segments;
    this.packing = packing;
  }

  Worker take() {
    Worker worker = idle.poll();
    return worker == null ? new Worker(aead, segments, packing) : worker;
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
    private final BlockPacking packing;

    private final byte[] packed = new byte[Packing.MOST_BYTES];

    /** Where in what was fetched each block's unit begins. */
    private final int[] fetchedAt = new int[MAX_BLOCKS];

    private final long[] entries = new long[MAX_BLOCKS * Sizes.LEAF_ENTRY_LONGS];
    private long firstLba;
    private int count;

    private Worker(Aead aead, OpenSegments segments, BlockPacking packing) {
      this.segments = segments;
      this.cipher = new UnitCipher(aead);
      this.packing = packing;
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

    private int granules(int i) {
      return Extent.granulesOf(entries[i * Sizes.LEAF_ENTRY_LONGS + 1]);
    }

    /** Reads {@code length} bytes that begin {@code skip} bytes into the first planned block. */
    void run(int skip, byte[] target, int targetOffset, int length) throws IOException {
      int i = 0;
      while (i < count) {
        int run = runLength(i);
        if (location(i) == Location.NONE) {
          for (int j = i; j < i + run; j++) {
            deliver(null, j, skip, target, targetOffset, length);
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
        int fetched = 0;
        for (int j = i; j < i + run; j++) {
          fetchedAt[j] = fetched;
          fetched += granules(j) * Sizes.GRANULE;
        }
        direct.clear().limit(fetched);
        segment.read(direct, (long) Location.granuleOf(location(i)) * Sizes.GRANULE);
        direct.flip().get(sealed, 0, fetched);
        for (int j = i; j < i + run; j++) {
          deliver(segment, j, skip, target, targetOffset, length);
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
      boolean hole = location(i) == Location.NONE;
      long next = location(i);
      int run = 0;
      while (i + run < count && location(i + run) == next) {
        next += hole ? 0 : granules(i + run);
        run++;
      }
      return run;
    }

    private void deliver(
        Segment segment, int j, int skip, byte[] target, int targetOffset, int length)
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
        open(segment, j, target, targetOffset + at);
      } else {
        open(segment, j, block, 0);
        System.arraycopy(block, from, target, targetOffset + at, part);
      }
    }

    private void open(Segment segment, int j, byte[] out, int outOffset)
        throws DamagedBlockException {
      int codec = Extent.codecOf(entries[j * Sizes.LEAF_ENTRY_LONGS + 1]);
      try {
        if (codec == Packing.NONE) {
          open(segment, j, codec, Sizes.BLOCK, out, outOffset);
        } else {
          open(segment, j, codec, granules(j) * Sizes.GRANULE, packed, 0);
          packing.unpack(codec, packed, granules(j) * Sizes.GRANULE, out, outOffset);
        }
      } catch (AuthenticationFailedException e) {
        throw damaged(segment, j, "fails its authentication");
      } catch (MalformedInputException e) {
        throw damaged(segment, j, "cannot be expanded: " + e.getMessage());
      }
    }

    private void open(Segment segment, int j, int codec, int lengthBytes, byte[] out, int outOffset)
        throws AuthenticationFailedException {
      int at = j * Sizes.LEAF_ENTRY_LONGS;
      cipher.open(
          segment,
          entries[at],
          Descriptor.DATA,
          firstLba + j,
          codec,
          entries[at + 2],
          entries[at + 3],
          sealed,
          fetchedAt[j],
          lengthBytes,
          out,
          outOffset);
    }

    private DamagedBlockException damaged(Segment segment, int j, String why) {
      return new DamagedBlockException(
          "block "
              + (firstLba + j)
              + " "
              + why
              + " ("
              + segment.name()
              + " block "
              + Location.granuleOf(location(j)) / Sizes.BLOCK_GRANULES
              + ")");
    }
  }
}
