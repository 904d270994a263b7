package io.coterie.volume.internal.engine;

import io.coterie.volume.internal.format.Extent;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.format.SnapshotEntry;
import io.coterie.volume.internal.log.Readers;
import io.coterie.volume.internal.map.Catalogue;
import io.coterie.volume.internal.map.TreeDifference;
import io.coterie.volume.internal.map.TreeReader;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/** Reads the snapshots of an open volume. Thread-safe. */
public final class Snapshots {
  private static final long EXTENT_BLOCKS = 64L * Sizes.LEAF_ENTRIES;

  private final ReentrantLock lock;
  private final VolumeState state;
  private final Readers readers;
  private final BlockReader reader;
  private final CheckpointWriter checkpoints;
  private final TreeReader trees;
  private final long sizeBytes;

  Snapshots(
      ReentrantLock lock,
      VolumeState state,
      Readers readers,
      BlockReader reader,
      CheckpointWriter checkpoints,
      TreeReader trees,
      long sizeBytes) {
    this.lock = lock;
    this.state = state;
    this.readers = readers;
    this.reader = reader;
    this.checkpoints = checkpoints;
    this.trees = trees;
    this.sizeBytes = sizeBytes;
  }

  /** Takes runs of blocks in rising order. */
  public interface RunVisitor {
    /**
     * A run of blocks.
     *
     * @param hasData false when they read as zeroes
     */
    void run(long firstLba, long blocks, boolean hasData) throws IOException;
  }

  /** Those that are there, the oldest first; what is being deleted is not. */
  public List<SnapshotEntry> list() {
    lock.lock();
    try {
      return checkpoints.catalogue().entries().stream().filter(s -> !s.deleting()).toList();
    } finally {
      lock.unlock();
    }
  }

  /** How many are being deleted. */
  public int deleting() {
    lock.lock();
    try {
      return (int)
          checkpoints.catalogue().entries().stream().filter(SnapshotEntry::deleting).count();
    } finally {
      lock.unlock();
    }
  }

  private SnapshotEntry find(String name) throws IOException {
    state.checkOpen();
    return checkpoints
        .catalogue()
        .find(name)
        .orElseThrow(() -> new FileNotFoundException("there is no snapshot named " + name));
  }

  /**
   * Reads as the volume was then.
   *
   * @throws FileNotFoundException when there is no such snapshot, or no longer
   */
  public void read(String name, long offset, byte[] target, int targetOffset, int length)
      throws IOException {
    if (offset < 0 || length < 0 || offset > sizeBytes - length) {
      throw new IllegalArgumentException("bytes " + offset + " + " + length + " are outside");
    }
    int done = 0;
    while (done < length) {
      long position = offset + done;
      int skip = (int) (position % Sizes.BLOCK);
      int part = Math.min(length - done, BlockReader.MAX_BYTES - skip);
      readPart(name, position / Sizes.BLOCK, skip, target, targetOffset + done, part);
      done += part;
    }
  }

  private void readPart(
      String name, long first, int skip, byte[] target, int targetOffset, int length)
      throws IOException {
    BlockReader.Worker worker = reader.take();
    SnapshotEntry snapshot;
    long period;
    lock.lock();
    try {
      snapshot = find(name);
      period = readers.enter();
    } finally {
      lock.unlock();
    }
    try {
      int blocks = (skip + length + Sizes.BLOCK - 1) / Sizes.BLOCK;
      worker.plan(trees, snapshot, first, blocks);
      worker.run(skip, target, targetOffset, length);
    } finally {
      leave(period);
      reader.giveBack(worker);
    }
  }

  private void leave(long period) {
    lock.lock();
    try {
      readers.exit(period);
    } finally {
      lock.unlock();
    }
  }

  /** See {@link io.coterie.volume.api.BlockDevice#extent}; looks at a part of it only. */
  public long extent(String name, long offset, long length) throws IOException {
    if (offset < 0 || length < 1 || offset > sizeBytes - length) {
      throw new IllegalArgumentException("outside the volume");
    }
    long first = offset / Sizes.BLOCK;
    long last = Math.min((offset + length - 1) / Sizes.BLOCK, first + EXTENT_BLOCKS - 1);
    SnapshotEntry snapshot;
    long period;
    lock.lock();
    try {
      snapshot = find(name);
      period = readers.enter();
    } finally {
      lock.unlock();
    }
    try {
      boolean data = trees.hasData(snapshot, first);
      long at = first + 1;
      while (at <= last) {
        long next = trees.endOfNothing(snapshot, at);
        if (next > at && data) {
          break;
        }
        if (next == at && trees.hasData(snapshot, at) != data) {
          break;
        }
        at = Math.max(at + 1, next);
      }
      long found = Math.min(Math.min(at, last + 1) * Sizes.BLOCK - offset, length);
      return data ? found : -found;
    } finally {
      leave(period);
    }
  }

  /** Bytes that only this snapshot has. */
  public long ownBytes(String name) throws IOException {
    SnapshotEntry snapshot;
    long[] newer;
    int olderEra;
    long period;
    lock.lock();
    try {
      snapshot = find(name);
      Catalogue all = checkpoints.catalogue();
      newer = all.after(snapshot).map(SnapshotEntry::pointer).orElseGet(checkpoints::top);
      olderEra = all.eraBefore(snapshot);
      period = readers.enter();
    } finally {
      lock.unlock();
    }
    try {
      long[] granules = new long[1];
      TreeDifference.Visitor sum =
          new TreeDifference.Visitor() {
            @Override
            public void entry(long lba, long[] mine, int at, boolean otherHasData) {
              granules[0] += Extent.shareOf(mine[at + 1]);
            }

            @Override
            public void node(long address, long[] pointer, int at) {
              granules[0] += Extent.granulesOf(pointer[at + 1]);
            }

            @Override
            public boolean goOn(long lastLeaf) {
              return true;
            }
          };
      new TreeDifference(trees, 0, olderEra, false, sum)
          .walk(snapshot.topLevel(), snapshot.pointer(), newer);
      return granules[0] * Sizes.GRANULE;
    } finally {
      leave(period);
    }
  }

  /**
   * Tells the runs of blocks in which a snapshot differs from another one.
   *
   * @param base an older or newer one, or null for none: then it tells all that holds data
   */
  public void differences(String name, String base, RunVisitor visitor) throws IOException {
    SnapshotEntry snapshot;
    SnapshotEntry other;
    long period;
    lock.lock();
    try {
      snapshot = find(name);
      other = base == null ? null : find(base);
      period = readers.enter();
    } finally {
      lock.unlock();
    }
    try {
      Runs runs = new Runs(visitor);
      long[] otherPointer = other == null ? new long[Sizes.POINTER_LONGS] : other.pointer();
      new TreeDifference(trees, 0, 0, other != null, runs)
          .walk(snapshot.topLevel(), snapshot.pointer(), otherPointer);
      runs.end();
    } finally {
      leave(period);
    }
  }

  /** Puts blocks behind each other together. */
  private static final class Runs implements TreeDifference.Visitor {
    private final RunVisitor visitor;
    private long first;
    private long count;
    private boolean data;

    Runs(RunVisitor visitor) {
      this.visitor = visitor;
    }

    @Override
    public void entry(long lba, long[] mine, int at, boolean otherHasData) throws IOException {
      boolean hasData = mine[at] != 0;
      if (count > 0 && first + count == lba && data == hasData) {
        count++;
        return;
      }
      end();
      first = lba;
      count = 1;
      data = hasData;
    }

    void end() throws IOException {
      if (count > 0) {
        visitor.run(first, count, data);
      }
      count = 0;
    }

    @Override
    public void node(long address, long[] pointer, int at) {
      // Only blocks are told.
    }

    @Override
    public boolean goOn(long lastLeaf) {
      return true;
    }
  }
}
