package io.coterie.volume.internal.map;

import io.coterie.base.codec.Sha256;
import io.coterie.volume.internal.format.Descriptor;
import io.coterie.volume.internal.format.Extent;
import io.coterie.volume.internal.format.Location;
import io.coterie.volume.internal.format.NodeAddress;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.log.LogWriter;
import io.coterie.volume.internal.map.HeadMap.Frozen;
import io.coterie.volume.internal.map.HeadMap.Written;
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
  private final Lock lock;
  private final LogWriter log;
  private final NodeReader reader;
  private final LiveSpace live;
  private final Frozen frozen;
  private final Relocation relocation;
  private final List<Written> written = new ArrayList<>();
  private final byte[] block = new byte[Sizes.BLOCK];

  /** What the volume as it is now gains and loses once the checkpoint is durable. */
  private final List<Change> changes = new ArrayList<>();

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
    rewrite(NodeAddress.of(topLevel, 0), top, 0);
    return top;
  }

  List<Written> written() {
    return written;
  }

  /** The checkpoint is durable. Under the lock. */
  void settle() {
    changes.forEach(change -> live.gain(change.location(), change.granules()));
  }

  /** Writes a subtree if anything in it changed, and sets the pointer to it. */
  private boolean rewrite(long address, long[] above, int at) throws IOException {
    MapNode changed = frozen.nodes.get(address);
    boolean affected =
        relocation != null && above[at] != Location.NONE && relocation.affects(address);
    if (changed == null && !affected) {
      return false;
    }
    boolean leaf = NodeAddress.levelOf(address) == 0;
    boolean mustWrite = changed != null || relocation.stoodInVictim(above[at]);
    long[] words;
    if (changed == null) {
      words = reader.node(address, above, at);
    } else {
      words = leaf ? changed.words : changed.words.clone(); // pointers are set in the copy
    }
    if (!leaf) {
      long firstChild = NodeAddress.indexOf(address) * Sizes.FANOUT;
      int level = NodeAddress.levelOf(address) - 1;
      for (int i = 0; i < Sizes.FANOUT; i++) {
        long child = NodeAddress.of(level, firstChild + i);
        mustWrite |= rewrite(child, words, i * Sizes.POINTER_LONGS);
      }
    } else if (changed == null) {
      mustWrite |= applyMoves(words);
    }
    if (mustWrite) {
      put(address, words, above, at, changed != null);
    }
    return mustWrite;
  }

  private boolean applyMoves(long[] words) {
    lock.lock();
    try {
      return relocation.applyTo(words, live);
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
      if (oldLocation != Location.NONE && !(changed && live.pinned(oldExtent))) {
        count(oldLocation, -Sizes.BLOCK_GRANULES);
      }
    } finally {
      lock.unlock();
    }
    System.arraycopy(pointer, 0, above, at, pointer.length);
    written.add(new Written(address, words, pointer));
  }

  private void count(long location, int granules) {
    live.changeCheckpoint(location, granules);
    changes.add(new Change(location, granules));
  }
}
