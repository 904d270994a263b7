package io.coterie.volume.internal.engine;

import io.coterie.volume.api.DamagedBlockException;
import io.coterie.volume.internal.format.Extent;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.format.SnapshotEntry;
import io.coterie.volume.internal.format.TreeTop;
import io.coterie.volume.internal.log.Readers;
import io.coterie.volume.internal.map.Catalogue;
import io.coterie.volume.internal.map.TreeDifference;
import io.coterie.volume.internal.map.TreeReader;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the snapshots of an open volume. Thread-safe. */
public final class Snapshots {
  private static final Logger LOG = LoggerFactory.getLogger(Snapshots.class);
  private static final long EXTENT_BLOCKS = 64L * Sizes.LEAF_ENTRIES;

  private final ReentrantLock lock;
  private final Readers readers;
  private final BlockReader reader;
  private final CheckpointWriter checkpoints;
  private final TreeReader trees;

  Snapshots(
      ReentrantLock lock,
      Readers readers,
      BlockReader reader,
      CheckpointWriter checkpoints,
      TreeReader trees) {
    this.lock = lock;
    this.readers = readers;
    this.reader = reader;
    this.checkpoints = checkpoints;
    this.trees = trees;
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

  /**
   * The trees of one moment, for one who reads them. Nothing that they need is taken away before it
   * is closed: not for long.
   */
  final class Look implements AutoCloseable {
    private final Catalogue catalogue;
    private final TreeTop head;
    private final long period;

    private Look() {
      lock.lock();
      try {
        catalogue = checkpoints.catalogue();
        head = checkpoints.top();
        period = readers.enter();
      } finally {
        lock.unlock();
      }
    }

    Catalogue catalogue() {
      return catalogue;
    }

    /** The top of the newest checkpoint's own tree. */
    TreeTop head() {
      return head;
    }

    SnapshotEntry find(String name) throws IOException {
      return catalogue
          .find(name)
          .orElseThrow(() -> new FileNotFoundException("there is no snapshot named " + name));
    }

    /** The top of the next newer tree. */
    TreeTop newerThan(SnapshotEntry entry) {
      return catalogue.after(entry).map(SnapshotEntry::top).orElse(head);
    }

    /** The top of the next newer tree that is whole. */
    private TreeTop keptAfter(SnapshotEntry entry) {
      return catalogue.keptAfter(entry).map(SnapshotEntry::top).orElse(head);
    }

    @Override
    public void close() {
      readers.exit(period);
    }
  }

  Look look() {
    return new Look();
  }

  private Catalogue catalogue() {
    lock.lock();
    try {
      return checkpoints.catalogue();
    } finally {
      lock.unlock();
    }
  }

  /** Those that are there, the oldest first; what is being deleted is not. */
  public List<SnapshotEntry> list() {
    return catalogue().entries().stream().filter(s -> !s.deleting()).toList();
  }

  /** How many are being deleted. */
  public int deleting() {
    return (int) catalogue().entries().stream().filter(SnapshotEntry::deleting).count();
  }

  /**
   * Reads as the volume was then.
   *
   * @throws FileNotFoundException when there is no such snapshot, or no longer
   */
  public void read(String name, long offset, byte[] target, int targetOffset, int length)
      throws IOException {
    if (offset < 0 || length < 0) {
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
    try (Look look = look()) {
      SnapshotEntry snapshot = look.find(name);
      if (first * Sizes.BLOCK + skip > snapshot.sizeBytes() - length) {
        throw new IllegalArgumentException("block " + first + " is outside of " + name);
      }
      int blocks = (skip + length + Sizes.BLOCK - 1) / Sizes.BLOCK;
      worker.plan(trees, snapshot, first, blocks);
      worker.run(skip, target, targetOffset, length);
    } finally {
      reader.giveBack(worker);
    }
  }

  /** See {@link io.coterie.volume.api.BlockDevice#extent}; looks at a part of it only. */
  public long extent(String name, long offset, long length) throws IOException {
    long first = offset / Sizes.BLOCK;
    long last = Math.min((offset + length - 1) / Sizes.BLOCK, first + EXTENT_BLOCKS - 1);
    try (Look look = look()) {
      SnapshotEntry snapshot = look.find(name);
      if (offset < 0 || length < 1 || offset > snapshot.sizeBytes() - length) {
        throw new IllegalArgumentException("outside the volume");
      }
      boolean data = trees.hasData(snapshot, first);
      long at = first + 1;
      try {
        while (at <= last && trees.hasData(snapshot, at) == data) {
          at = data ? at + 1 : Math.max(at + 1, trees.endOfNothing(snapshot, at));
        }
      } catch (DamagedBlockException e) {
        // Whoever asks about that block learns of it; the run before it is told.
        LOG.debug("a run ends before damage", e);
      }
      long found = Math.min(Math.min(at, last + 1) * Sizes.BLOCK - offset, length);
      return data ? found : -found;
    }
  }

  /** Bytes that only this snapshot has. */
  public long ownBytes(String name) throws IOException {
    try (Look look = look()) {
      SnapshotEntry snapshot = look.find(name);
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
          };
      new TreeDifference(trees, 0, look.catalogue().eraBefore(snapshot), false, sum)
          .walk(snapshot.top(), look.keptAfter(snapshot));
      return granules[0] * Sizes.GRANULE;
    }
  }

  /** Tells the runs of blocks in which a snapshot differs from another one, older or newer. */
  public void differences(String name, String base, RunVisitor visitor) throws IOException {
    differences(name, base, 0, Integer.MAX_VALUE, visitor);
  }

  /**
   * The same bit by bit, so that nothing is kept from being freed while the runs are used.
   *
   * @param fromLeaf 0 at first, then what was returned
   * @param most runs of one step, about
   * @return where to go on, or {@link Long#MAX_VALUE} at the end
   */
  public long differences(String name, String base, long fromLeaf, int most, RunVisitor visitor)
      throws IOException {
    try (Look look = look()) {
      SnapshotEntry snapshot = look.find(name);
      Runs runs = new Runs(visitor, most);
      new TreeDifference(trees, fromLeaf, 0, true, runs)
          .walk(snapshot.top(), look.find(base).top());
      runs.end();
      return runs.nextLeaf;
    }
  }

  /**
   * Tells the runs of blocks of a snapshot that the next newer one, or the volume, has not, bit by
   * bit as {@link #differences(String, String, long, int, RunVisitor)}.
   */
  long ownRuns(String name, long fromLeaf, int most, RunVisitor visitor) throws IOException {
    try (Look look = look()) {
      SnapshotEntry snapshot = look.find(name);
      Runs runs = new Runs(visitor, most);
      new TreeDifference(trees, fromLeaf, 0, false, runs)
          .walk(snapshot.top(), look.keptAfter(snapshot));
      runs.end();
      return runs.nextLeaf;
    }
  }

  /** Puts blocks behind each other together. */
  private static final class Runs implements TreeDifference.Visitor {
    private final RunVisitor visitor;
    private final int most;
    private int told;
    private long nextLeaf = Long.MAX_VALUE;
    private long first;
    private long count;
    private boolean data;

    Runs(RunVisitor visitor, int most) {
      this.visitor = visitor;
      this.most = most;
    }

    @Override
    public boolean goOn(long leaf) {
      if (told >= most) {
        nextLeaf = leaf;
        return false;
      }
      return true;
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
        told++;
        visitor.run(first, count, data);
      }
      count = 0;
    }
  }
}
