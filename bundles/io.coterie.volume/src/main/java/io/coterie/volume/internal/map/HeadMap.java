package io.coterie.volume.internal.map;

import io.coterie.volume.internal.format.Extent;
import io.coterie.volume.internal.format.Location;
import io.coterie.volume.internal.format.NodeAddress;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.format.TreeTop;
import io.coterie.volume.internal.log.LogWriter;
import io.coterie.volume.internal.map.MapNode.State;
import io.coterie.volume.internal.memory.LongMap;
import io.coterie.volume.internal.memory.MapBudget;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;

/**
 * The map of the volume as it is now: a tree of which only the changed nodes and those used last
 * are in memory. Before an entry changes, its leaf and all nodes above it become dirty; so a dirty
 * node's ancestors are dirty, and an entry whose leaf is dirty can be changed without reading.
 * Guarded by the volume's lock.
 */
public final class HeadMap implements LogWriter.Effects {
  /** Memory of a node with what stands around it. */
  private static final int NODE_BYTES = Sizes.BLOCK + 256;

  private long blockCount;
  private int topLevel;
  private final NodeReader reader;
  private final LiveSpace live;
  private final MapBudget budget;
  private final LongMap<MapNode> nodes = new LongMap<>();
  private final long[] top;

  /** Of the newest checkpoint. */
  private TreeTop durable;

  private Relocation relocation;
  private int era;
  private long mapped;
  private int dirty;
  private int frozen;

  /** Arrays of nodes that were written and changed meanwhile: for the next copies. */
  private final ArrayDeque<long[]> spare = new ArrayDeque<>();

  /** A node that is in the log and not in memory. */
  public static final class Miss {
    final long address;
    final long[] pointer = new long[Sizes.POINTER_LONGS];

    private Miss(long address, long[] words, int at) {
      this.address = address;
      System.arraycopy(words, at, pointer, 0, pointer.length);
    }
  }

  /**
   * A map of a volume.
   *
   * @param stored the top of the tree; it may be lower than what the size needs
   * @param mapped blocks that hold data
   */
  public HeadMap(
      long sizeBytes,
      TreeTop stored,
      int era,
      long mapped,
      NodeReader reader,
      LiveSpace live,
      MapBudget budget) {
    this.topLevel = stored.level();
    this.top = stored.pointer().clone();
    this.durable = stored;
    this.era = era;
    this.mapped = mapped;
    this.reader = reader;
    this.live = live;
    this.budget = budget;
    grow(sizeBytes);
  }

  /**
   * The volume has this size from here on. When the tree gets higher, its old top is below a new
   * one, which the next checkpoint writes. Not while a checkpoint is being written.
   */
  public void grow(long sizeBytes) {
    blockCount = sizeBytes / Sizes.BLOCK;
    int wanted = NodeAddress.topLevel(sizeBytes);
    while (topLevel < wanted) {
      boolean anything = top[0] != Location.NONE || nodes.get(NodeAddress.of(topLevel, 0)) != null;
      topLevel++;
      if (anything) {
        MapNode above = MapNode.empty(NodeAddress.of(topLevel, 0));
        System.arraycopy(top, 0, above.words, 0, top.length);
        nodes.put(above.address, above);
        dirty++;
      }
      Arrays.fill(top, 0);
    }
  }

  public long sizeBytes() {
    return blockCount * Sizes.BLOCK;
  }

  /** How many blocks hold data. */
  public long mapped() {
    return mapped;
  }

  public int topLevel() {
    return topLevel;
  }

  /** What is written now belongs to this era. */
  public int era() {
    return era;
  }

  /** The top of the tree of the newest checkpoint. */
  public TreeTop durableTop() {
    return durable;
  }

  // ---- memory

  private int nodeLimit() {
    return (int) (budget.shareBytes() / 3 / NODE_BYTES);
  }

  /** Enough nodes changed for a checkpoint. */
  public boolean checkpointDue() {
    return dirty > nodeLimit();
  }

  /** So many nodes changed that writers have to wait for a checkpoint. */
  public boolean crowded() {
    return dirty > 2 * nodeLimit();
  }

  private void makeRoom() {
    int limit = nodeLimit() + dirty + frozen;
    for (int tries = 0; nodes.size() > limit && tries < 2 * nodes.size(); tries++) {
      MapNode candidate = nodes.next();
      if (candidate.used) {
        candidate.used = false;
      } else if (candidate.state == State.CLEAN) {
        nodes.remove(candidate.address);
      }
    }
  }

  // ---- finding nodes

  /** The array in which the pointer to a node stands, or null when nothing is there. */
  private long[] above(long address) throws IOException {
    if (NodeAddress.levelOf(address) == topLevel) {
      return top;
    }
    MapNode parent = node(NodeAddress.parentOf(address));
    return parent == null ? null : parent.words;
  }

  private int slot(long address) {
    return NodeAddress.levelOf(address) == topLevel ? 0 : NodeAddress.slotOf(address);
  }

  /** The node, fetched if need be; null where there is no data below it. */
  private MapNode node(long address) throws IOException {
    MapNode found = nodes.get(address);
    if (found == null) {
      long[] words = above(address);
      int at = slot(address);
      if (words == null || words[at] == Location.NONE) {
        return null;
      }
      found = new MapNode(address, reader.node(address, words, at), State.CLEAN);
      adopt(found);
    }
    found.used = true;
    return found;
  }

  private void adopt(MapNode fetched) {
    makeRoom();
    nodes.put(fetched.address, fetched);
  }

  /**
   * The next node to fetch before the entries of some blocks can be looked at without waiting for
   * the disk.
   *
   * @return null when all are in memory
   */
  public Miss missing(long firstLba, long lastLba) {
    long last = NodeAddress.leafOf(lastLba);
    for (long leaf = NodeAddress.leafOf(firstLba); leaf <= last; leaf++) {
      Miss miss = missing(NodeAddress.of(0, leaf));
      if (miss != null) {
        return miss;
      }
    }
    return null;
  }

  private Miss missing(long address) {
    long at = address;
    while (nodes.get(at) == null) {
      if (NodeAddress.levelOf(at) == topLevel) {
        return top[0] == Location.NONE ? null : new Miss(at, top, 0);
      }
      at = NodeAddress.parentOf(at);
    }
    // One level below the lowest that is there.
    if (at == address) {
      return null;
    }
    long child = address;
    while (NodeAddress.parentOf(child) != at) {
      child = NodeAddress.parentOf(child);
    }
    long[] words = nodes.get(at).words;
    int slot = NodeAddress.slotOf(child);
    return words[slot] == Location.NONE ? null : new Miss(child, words, slot);
  }

  /** Fetches a missing node. Called without the lock, by one who has entered as a reader. */
  public long[] fetch(Miss miss) throws IOException {
    return reader.node(miss.address, miss.pointer, 0);
  }

  /** Takes a fetched node in, unless the map has changed there meanwhile. */
  public void adopt(Miss miss, long[] fetched) throws IOException {
    if (nodes.get(miss.address) != null) {
      return;
    }
    boolean isTop = NodeAddress.levelOf(miss.address) == topLevel;
    MapNode parent = isTop ? null : nodes.get(NodeAddress.parentOf(miss.address));
    if (!isTop && parent == null) {
      return; // it was put out meanwhile
    }
    long[] words = isTop ? top : parent.words;
    if (words[slot(miss.address)] == miss.pointer[0]) {
      adopt(new MapNode(miss.address, fetched, State.CLEAN));
    }
  }

  // ---- looking at entries

  /**
   * Where a block stands.
   *
   * @param into filled with location, extent, tag; zeroes for a hole
   */
  public void entry(long lba, long[] into, int at) throws IOException {
    MapNode leaf = node(NodeAddress.of(0, NodeAddress.leafOf(lba)));
    if (leaf == null) {
      Arrays.fill(into, at, at + Sizes.LEAF_ENTRY_LONGS, 0);
    } else {
      System.arraycopy(leaf.words, entryAt(lba), into, at, Sizes.LEAF_ENTRY_LONGS);
    }
  }

  private static int entryAt(long lba) {
    return (int) (lba % Sizes.LEAF_ENTRIES) * Sizes.LEAF_ENTRY_LONGS;
  }

  public boolean hasData(long lba) throws IOException {
    MapNode leaf = node(NodeAddress.of(0, NodeAddress.leafOf(lba)));
    return leaf != null && leaf.words[entryAt(lba)] != Location.NONE;
  }

  /**
   * The end of a run of blocks that all hold data, or all hold none.
   *
   * @param first where it begins
   * @param last the last block of interest
   * @return the first block after the run, at most {@code last + 1}
   */
  public long endOfRun(long first, long last) throws IOException {
    boolean data = hasData(first);
    long lba = first + 1;
    while (lba <= last) {
      MapNode leaf = node(NodeAddress.of(0, NodeAddress.leafOf(lba)));
      if (leaf == null) {
        if (data) {
          return lba;
        }
        lba = endOfNothing(lba);
      } else if ((leaf.words[entryAt(lba)] != Location.NONE) != data) {
        return lba;
      } else {
        lba++;
      }
    }
    return last + 1;
  }

  /** The first block behind the largest subtree without data around a block. */
  private long endOfNothing(long lba) throws IOException {
    long address = NodeAddress.of(0, NodeAddress.leafOf(lba));
    long span = Sizes.LEAF_ENTRIES;
    while (NodeAddress.levelOf(address) < topLevel && node(NodeAddress.parentOf(address)) == null) {
      address = NodeAddress.parentOf(address);
      span *= Sizes.FANOUT;
    }
    return (lba / span + 1) * span;
  }

  // ---- changing entries

  /**
   * Makes sure that the entry of a block can be changed later on without reading anything.
   *
   * @throws io.coterie.volume.api.DamagedBlockException when its node is damaged
   */
  public void prepare(long lba) throws IOException {
    writable(NodeAddress.of(0, NodeAddress.leafOf(lba)));
  }

  /** As {@link #prepare} for all blocks of a range that hold data. */
  public void prepareClearing(long lba, long runBlocks) throws IOException {
    long end = Math.min(lba + runBlocks, blockCount);
    long at = lba;
    while (at < end) {
      long address = NodeAddress.of(0, NodeAddress.leafOf(at));
      if (node(address) == null) {
        at = endOfNothing(at);
      } else {
        writable(address);
        at = (NodeAddress.leafOf(at) + 1) * Sizes.LEAF_ENTRIES;
      }
    }
  }

  private MapNode writable(long address) throws IOException {
    MapNode known = nodes.get(address);
    if (known != null && known.state == State.DIRTY) {
      known.used = true;
      return known;
    }
    MapNode found = node(address);
    if (NodeAddress.levelOf(address) < topLevel) {
      writable(NodeAddress.parentOf(address));
    }
    MapNode result;
    if (found == null) {
      result = MapNode.empty(address);
      adopt(result);
    } else if (found.state == State.FROZEN) {
      result = found.dirtyCopy(spare.isEmpty() ? new long[Sizes.NODE_LONGS] : spare.removeLast());
      nodes.put(address, result);
    } else {
      result = found;
      result.state = State.DIRTY;
      // Fetching its ancestors may have put it out again.
      nodes.put(address, result);
      if (relocation != null && result.level() == 0) {
        relocation.applyInMemory(NodeAddress.indexOf(address), result.words, live);
      }
    }
    dirty++;
    return result;
  }

  /** The leaf of a prepared block. */
  private MapNode prepared(long lba) {
    MapNode leaf = nodes.get(NodeAddress.of(0, NodeAddress.leafOf(lba)));
    if (leaf == null || leaf.state != State.DIRTY) {
      throw new IllegalStateException("block " + lba + " was not prepared");
    }
    return leaf;
  }

  @Override
  public void data(long lba, long location, long unit, long tagHigh, long tagLow) {
    long[] words = prepared(lba).words;
    int at = entryAt(lba);
    if (words[at] == Location.NONE) {
      mapped++;
    } else {
      live.release(words[at], words[at + 1], NodeAddress.leafOf(lba));
    }
    long extent = Extent.inEra(era, unit);
    words[at] = location;
    words[at + 1] = extent;
    words[at + 2] = tagHigh;
    words[at + 3] = tagLow;
    live.gain(location, Extent.shareOf(extent));
  }

  @Override
  public void hole(long lba, long runBlocks) {
    long end = Math.min(lba + runBlocks, blockCount);
    long at = lba;
    while (at < end) {
      long leafEnd = Math.min(end, (NodeAddress.leafOf(at) + 1) * Sizes.LEAF_ENTRIES);
      MapNode leaf = nodes.get(NodeAddress.of(0, NodeAddress.leafOf(at)));
      if (leaf != null && leaf.state == State.DIRTY) {
        clear(leaf, entryAt(at), (int) (leafEnd - at));
      }
      at = leafEnd;
    }
  }

  private void clear(MapNode leaf, int from, int count) {
    long[] words = leaf.words;
    int end = from + count * Sizes.LEAF_ENTRY_LONGS;
    for (int at = from; at < end; at += Sizes.LEAF_ENTRY_LONGS) {
      if (words[at] != Location.NONE) {
        live.release(words[at], words[at + 1], NodeAddress.indexOf(leaf.address));
        Arrays.fill(words, at, at + Sizes.LEAF_ENTRY_LONGS, 0);
        mapped--;
      }
    }
  }

  // ---- checkpoints

  /** The changed nodes at one moment. */
  static final class Frozen {
    final LongMap<MapNode> nodes = new LongMap<>();
    final long[] top;
    final int era;
    final long mapped;

    private Frozen(long[] top, int era, long mapped) {
      this.top = top.clone();
      this.era = era;
      this.mapped = mapped;
    }
  }

  /**
   * Sets the changed nodes apart; changes go to copies from here on.
   *
   * @param moved what the cleaner moved, or null; it stays in force until {@link #thaw} or {@link
   *     #install}
   * @param endEra true when it becomes a snapshot
   */
  Frozen freeze(Relocation moved, boolean endEra) {
    relocation = moved;
    Frozen result = new Frozen(top, era, mapped);
    era += endEra ? 1 : 0;
    nodes.forEach(
        node -> {
          if (node.state == State.DIRTY) {
            node.state = State.FROZEN;
            result.nodes.put(node.address, node);
            if (moved != null && node.level() == 0) {
              moved.applyInMemory(NodeAddress.indexOf(node.address), node.words, live);
            }
          }
        });
    frozen = dirty;
    dirty = 0;
    return result;
  }

  /** The checkpoint failed: what it would have written counts as changed again. */
  void thaw(Frozen failed) {
    failed.nodes.forEach(
        node -> {
          if (nodes.get(node.address) == node) {
            node.state = State.DIRTY;
            dirty++;
          }
        });
    frozen = 0;
    if (relocation != null) {
      relocation.abandon(
          leaf -> {
            MapNode node = nodes.get(NodeAddress.of(0, leaf));
            return node == null ? null : node.words;
          },
          live);
      relocation = null;
    }
  }

  /** A node that a checkpoint wrote, and where; zeroes when it is without data now. */
  record Written(long address, long[] words, long[] pointer) {}

  /** The checkpoint is durable: the tree is the one that it wrote, with later changes on top. */
  void install(Frozen done, List<Written> written) {
    spare.clear();
    for (Written w : written) {
      MapNode known = nodes.get(w.address());
      if (known != null && known.state == State.DIRTY && spare.size() < nodeLimit() / 4) {
        spare.add(w.words());
      }
      if (known != null && known.state != State.DIRTY) {
        if (w.pointer()[0] == Location.NONE) {
          nodes.remove(w.address());
        } else {
          nodes.put(w.address(), new MapNode(w.address(), w.words(), State.CLEAN));
        }
      }
    }
    for (Written w : written) {
      boolean isTop = NodeAddress.levelOf(w.address()) == topLevel;
      MapNode parent = isTop ? null : nodes.get(NodeAddress.parentOf(w.address()));
      long[] words = isTop ? top : parent == null ? null : parent.words;
      if (words != null) {
        System.arraycopy(w.pointer(), 0, words, slot(w.address()), Sizes.POINTER_LONGS);
      }
    }
    durable = new TreeTop(topLevel, top.clone());
    frozen = 0;
    relocation = null;
    done.nodes.clear();
    makeRoom();
  }
}
