package io.coterie.volume.internal.map;

import io.coterie.base.codec.Sha256;
import io.coterie.volume.internal.format.Descriptor;
import io.coterie.volume.internal.format.Extent;
import io.coterie.volume.internal.format.Location;
import io.coterie.volume.internal.format.NodeAddress;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.format.SnapshotEntry;
import io.coterie.volume.internal.log.LogWriter;
import io.coterie.volume.internal.map.HeadMap.Frozen;
import io.coterie.volume.internal.map.HeadMap.Written;
import io.coterie.volume.internal.memory.LongMap;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Lock;

/**
 * Writes the nodes of a tree that changed, from the leaves up, and those into which the cleaner's
 * new places belong. Takes the volume's lock for each node only. Used once, by one thread.
 */
final class TreeWriter {
  private static final LongMap<MapNode> NOTHING_CHANGED = new LongMap<>();

  private final Lock lock;
  private final LogWriter log;
  private final NodeReader reader;
  private final LiveSpace live;
  private final Frozen frozen;
  private final Relocation relocation;
  private final List<Written> written = new ArrayList<>();

  /** Where nodes went that no volume's change touched, by their old place: trees share them. */
  private final LongMap<long[]> moved = new LongMap<>();

  private final byte[] block = new byte[Sizes.BLOCK];

  /** What the volume as it is now gains and loses once the checkpoint is durable. */
  private final List<Change> changes = new ArrayList<>();

  private boolean inHead;

  private record Change(long location, int granules) {}

  /**
   * A writer.
   *
   * @param relocation what the cleaner moved, or null
   */
  TreeWriter(
      Lock lock,
      LogWriter log,
      NodeReader reader,
      LiveSpace live,
      Frozen frozen,
      Relocation relocation) {
    this.lock = lock;
    this.log = log;
    this.reader = reader;
    this.live = live;
    this.frozen = frozen;
    this.relocation = relocation;
  }

  /** Stages all that has to be written and returns the pointer to the top. */
  long[] write(int topLevel) throws IOException {
    long[] top = frozen.top.clone();
    inHead = true;
    rewrite(NodeAddress.of(topLevel, 0), top, 0, frozen.nodes, 0);
    inHead = false;
    return top;
  }

  /**
   * The same for the tree of a snapshot: only what the cleaner moved changes in it. One that is
   * partly deleted comes last.
   */
  SnapshotEntry write(SnapshotEntry snapshot) throws IOException {
    long[] top = snapshot.pointer().clone();
    long address = NodeAddress.of(snapshot.topLevel(), 0);
    return rewrite(address, top, 0, NOTHING_CHANGED, snapshot.cursor())
        ? snapshot.at(top)
        : snapshot;
  }

  List<Written> written() {
    return written;
  }

  /** The checkpoint is durable. Under the lock. */
  void settle() {
    changes.forEach(change -> live.gain(change.location(), change.granules()));
    if (relocation != null) {
      relocation.settle(live);
    }
  }

  /**
   * Writes a subtree if anything in it changed, and sets the pointer to it.
   *
   * @param fromLeaf what ends before it is deleted already
   */
  private boolean rewrite(
      long address, long[] above, int at, LongMap<MapNode> changes, long fromLeaf)
      throws IOException {
    MapNode changed = changes.get(address);
    boolean affected =
        relocation != null
            && above[at] != Location.NONE
            && relocation.affects(address)
            && NodeAddress.lastLeafOf(address) >= fromLeaf;
    if (changed == null && !affected) {
      return false;
    }
    if (changed == null) {
      return move(address, above, at, changes, fromLeaf);
    }
    boolean leaf = NodeAddress.levelOf(address) == 0;
    long[] words = leaf ? changed.words : changed.words.clone(); // pointers are set in the copy
    if (!leaf) {
      rewriteChildren(address, words, changes, fromLeaf);
    }
    put(address, words, above, at, true);
    return true;
  }

  /** A node that nobody changed: it is written again if it stood, or points, where cleaning was. */
  private boolean move(long address, long[] above, int at, LongMap<MapNode> changes, long fromLeaf)
      throws IOException {
    long oldLocation = above[at];
    long[] known = moved.get(oldLocation);
    if (known != null) {
      boolean differs = known[0] != oldLocation;
      System.arraycopy(known, 0, above, at, known.length);
      return differs;
    }
    boolean mustWrite = relocation.stoodInVictim(oldLocation);
    long[] words = reader.node(address, above, at);
    mustWrite |=
        NodeAddress.levelOf(address) == 0
            ? applyMoves(address, words)
            : rewriteChildren(address, words, changes, fromLeaf);
    if (mustWrite) {
      put(address, words, above, at, false);
    }
    long[] now = new long[Sizes.POINTER_LONGS];
    System.arraycopy(above, at, now, 0, now.length);
    moved.put(oldLocation, now);
    return mustWrite;
  }

  private boolean rewriteChildren(
      long address, long[] words, LongMap<MapNode> changes, long fromLeaf) throws IOException {
    long firstChild = NodeAddress.indexOf(address) * Sizes.FANOUT;
    int level = NodeAddress.levelOf(address) - 1;
    boolean any = false;
    for (int i = 0; i < Sizes.FANOUT; i++) {
      long child = NodeAddress.of(level, firstChild + i);
      any |= rewrite(child, words, i * Sizes.POINTER_LONGS, changes, fromLeaf);
    }
    return any;
  }

  private boolean applyMoves(long address, long[] words) {
    lock.lock();
    try {
      return relocation.applyToWritten(NodeAddress.indexOf(address), words, live);
    } finally {
      lock.unlock();
    }
  }

  private void put(long address, long[] words, long[] above, int at, boolean changed)
      throws IOException {
    long oldLocation = above[at];
    long oldExtent = above[at + 1];
    long[] pointer = new long[Sizes.POINTER_LONGS];
    if (!MapNode.blank(words)) {
      MapNode.encode(words, block);
      ByteBuffer hash = ByteBuffer.wrap(Sha256.of(block));
      // Of a node that only moved the era stays: snapshots may share it.
      int era = changed ? frozen.era : Extent.eraOf(oldExtent);
      pointer[1] = Extent.ofBlock(era);
      for (int i = 4; i < Sizes.POINTER_LONGS; i++) {
        pointer[i] = hash.getLong();
      }
    }
    lock.lock();
    try {
      if (pointer[1] != 0) {
        pointer[0] = log.stage(Descriptor.NODE, address, block, 0);
        pointer[2] = log.tagHigh();
        pointer[3] = log.tagLow();
        count(pointer[0], Sizes.BLOCK_GRANULES);
      }
      boolean held = changed && live.held(oldExtent, NodeAddress.lastLeafOf(address));
      if (oldLocation != Location.NONE && !held) {
        count(oldLocation, -Sizes.BLOCK_GRANULES);
      }
    } finally {
      lock.unlock();
    }
    System.arraycopy(pointer, 0, above, at, pointer.length);
    if (inHead) {
      written.add(new Written(address, words, pointer));
    }
  }

  /** Something of a deleted snapshot that nothing else needs. Under the lock. */
  void release(long location, int granules) {
    count(location, -granules);
  }

  private void count(long location, int granules) {
    live.changeCheckpoint(location, granules);
    changes.add(new Change(location, granules));
  }
}
