package io.coterie.volume.internal.map;

import io.coterie.volume.internal.format.Extent;
import io.coterie.volume.internal.format.Location;
import io.coterie.volume.internal.format.NodeAddress;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.memory.LongMap;
import java.util.ArrayList;
import java.util.List;

/**
 * What the cleaner copied out of some segments: old places and new ones. Until a checkpoint has put
 * the new ones into the map, both serve. Guarded by the volume's lock.
 */
public final class Relocation {
  private final LongMap<Move> moves = new LongMap<>();
  private final LongMap<Boolean> victims = new LongMap<>();
  private final LongMap<Boolean> affected = new LongMap<>();
  private final List<Long> victimIds = new ArrayList<>();
  private final int topLevel;

  /** A unit at its new place, and which of its blocks are there already. */
  private static final class Move {
    final long oldLocation;
    final long location;
    final long tagHigh;
    final long tagLow;

    /** Blocks that the map in memory has at the new place. */
    int inMemory;

    /** Blocks that the trees being written have there. */
    int inTrees;

    long memoryGranules;

    /** Of the blocks that only the trees being written have there. */
    long pendingGranules;

    Move(long oldLocation, long location, long tagHigh, long tagLow) {
      this.oldLocation = oldLocation;
      this.location = location;
      this.tagHigh = tagHigh;
      this.tagLow = tagLow;
    }
  }

  /** A unit of one block on its way. */
  public record Moved(long lba, long oldLocation, long location, long tagHigh, long tagLow) {}

  public Relocation(int topLevel) {
    this.topLevel = topLevel;
  }

  /**
   * A segment was copied whole.
   *
   * @param nodes addresses of the nodes that stand in it
   */
  public void add(long victim, List<Moved> units, List<Long> nodes) {
    victims.put(victim, Boolean.TRUE);
    victimIds.add(victim);
    for (Moved unit : units) {
      moves.put(
          unit.oldLocation(),
          new Move(unit.oldLocation(), unit.location(), unit.tagHigh(), unit.tagLow()));
      affect(NodeAddress.of(0, NodeAddress.leafOf(unit.lba())));
    }
    nodes.forEach(this::affect);
  }

  /** This node must be looked at, and so all those above it. */
  private void affect(long address) {
    long at = address;
    while (affected.put(at, Boolean.TRUE) == null && NodeAddress.levelOf(at) < topLevel) {
      at = NodeAddress.parentOf(at);
    }
  }

  public boolean empty() {
    return victimIds.isEmpty();
  }

  public int size() {
    return moves.size();
  }

  public List<Long> victims() {
    return victimIds;
  }

  boolean affects(long address) {
    return affected.get(address) != null;
  }

  boolean stoodInVictim(long location) {
    return location != Location.NONE && victims.get(Location.segmentOf(location)) != null;
  }

  /** Puts new places into a leaf of the map in memory: they are in force from now on. */
  void applyInMemory(long[] leaf, LiveSpace live) {
    apply(leaf, (move, extent) -> countInMemory(move, extent, live));
  }

  /**
   * Puts new places into a copy of a leaf that a checkpoint writes: they are in force once it is
   * durable.
   *
   * @return true when there were any
   */
  boolean applyToWritten(long[] leaf, LiveSpace live) {
    return apply(leaf, (move, extent) -> countInTrees(move, extent, live));
  }

  private interface Count {
    void of(Move move, long extent);
  }

  private boolean apply(long[] leaf, Count count) {
    boolean changed = false;
    for (int at = 0; at < leaf.length; at += Sizes.LEAF_ENTRY_LONGS) {
      Move move = stoodInVictim(leaf[at]) ? moves.get(leaf[at]) : null;
      if (move != null) {
        leaf[at] = move.location;
        leaf[at + 2] = move.tagHigh;
        leaf[at + 3] = move.tagLow;
        count.of(move, leaf[at + 1]);
        changed = true;
      }
    }
    return changed;
  }

  private static void countInMemory(Move move, long extent, LiveSpace live) {
    int bit = 1 << Extent.indexOf(extent);
    if ((move.inMemory & bit) != 0) {
      return;
    }
    move.inMemory |= bit;
    int share = Extent.shareOf(extent);
    move.memoryGranules += share;
    if ((move.inTrees & bit) != 0) {
      move.pendingGranules -= share;
      live.gain(move.location, share);
    } else {
      live.changeAll(move.location, share);
    }
  }

  /** The same block may stand in leaves of several trees. */
  private static void countInTrees(Move move, long extent, LiveSpace live) {
    int bit = 1 << Extent.indexOf(extent);
    if ((move.inTrees & bit) != 0) {
      return;
    }
    move.inTrees |= bit;
    if ((move.inMemory & bit) == 0) {
      int share = Extent.shareOf(extent);
      move.pendingGranules += share;
      live.changeCheckpoint(move.location, share);
    }
  }

  /** The trees that were written are in force. */
  void settle(LiveSpace live) {
    moves.forEach(move -> live.gain(move.location, (int) move.pendingGranules));
  }

  /** The trees never came into force: what the map in memory has at new places stays there. */
  void abandon(LiveSpace live) {
    moves.forEach(move -> live.gain(move.oldLocation, (int) -move.memoryGranules));
  }
}
