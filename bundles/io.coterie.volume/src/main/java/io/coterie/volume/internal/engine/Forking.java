package io.coterie.volume.internal.engine;

import io.coterie.volume.api.Watcher;
import io.coterie.volume.internal.files.VolumeDirectory;
import io.coterie.volume.internal.format.Extent;
import io.coterie.volume.internal.format.Location;
import io.coterie.volume.internal.format.NodeAddress;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.format.SnapshotEntry;
import io.coterie.volume.internal.format.TreeTop;
import io.coterie.volume.internal.log.LogWriter;
import io.coterie.volume.internal.log.OpenSegments;
import io.coterie.volume.internal.log.Segment;
import io.coterie.volume.internal.log.SegmentFiles;
import io.coterie.volume.internal.log.SegmentTable;
import io.coterie.volume.internal.map.TreeDifference;
import io.coterie.volume.internal.map.TreeReader;
import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Gives the segments of a snapshot a second name in another directory: nothing is copied, since
 * neither volume ever writes into a segment that is left. The whole tree is walked, for what else
 * the segments hold is nothing to the other volume.
 */
final class Forking {
  private final ReentrantLock lock;
  private final LogWriter log;
  private final OpenSegments open;
  private final VolumeDirectory directory;
  private final Snapshots snapshots;
  private final TreeReader trees;

  Forking(
      ReentrantLock lock,
      LogWriter log,
      OpenSegments open,
      VolumeDirectory directory,
      Snapshots snapshots,
      TreeReader trees) {
    this.lock = lock;
    this.log = log;
    this.open = open;
    this.directory = directory;
    this.snapshots = snapshots;
    this.trees = trees;
  }

  /**
   * Walks and links. The snapshot must stay, and no file is taken away before this ends.
   *
   * @param to the directory of the volume to be
   */
  Fork run(String snapshot, VolumeDirectory to, Watcher watcher) throws IOException {
    lock.lock();
    try {
      log.leave(); // what follows goes into a segment that is not shared
    } finally {
      lock.unlock();
    }
    try (Snapshots.Look look = snapshots.look()) {
      SnapshotEntry entry = look.find(snapshot);
      Sharing sharing = new Sharing(to, entry, watcher);
      new TreeDifference(trees, 0, 0, false, sharing)
          .walk(entry.top(), TreeTop.empty(entry.sizeBytes()));
      to.force();
      return new Fork(entry, sharing.shared);
    }
  }

  /** Counts what is met, and links each segment when it is met first. */
  private final class Sharing implements TreeDifference.Visitor {
    private final VolumeDirectory to;
    private final long leaves;
    private final Watcher watcher;
    private final SegmentTable shared = new SegmentTable();

    Sharing(VolumeDirectory to, SnapshotEntry entry, Watcher watcher) {
      this.to = to;
      this.leaves = Math.max(1, NodeAddress.leafOf(entry.sizeBytes() / Sizes.BLOCK));
      this.watcher = watcher;
    }

    @Override
    public boolean goOn(long leaf) {
      watcher.at("sharing", (int) Math.min(100, 100 * leaf / leaves));
      return true;
    }

    @Override
    public void entry(long lba, long[] mine, int at, boolean otherHasData) throws IOException {
      count(mine[at], Extent.shareOf(mine[at + 1]));
    }

    @Override
    public void node(long address, long[] pointer, int at) throws IOException {
      count(pointer[at], Extent.granulesOf(pointer[at + 1]));
    }

    private void count(long location, int granules) throws IOException {
      long id = Location.segmentOf(location);
      if (!shared.contains(id)) {
        directory.link(SegmentFiles.name(id), to);
        shared.add(id, epochOf(id), 0);
      }
      shared.change(id, granules);
    }

    private int epochOf(long id) throws IOException {
      Segment segment = open.acquire(id);
      try {
        return segment.header().epoch();
      } finally {
        open.release(segment);
      }
    }
  }
}
