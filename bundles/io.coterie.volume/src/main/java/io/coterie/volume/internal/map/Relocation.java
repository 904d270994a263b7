package io.coterie.volume.internal.map;

import io.coterie.volume.internal.format.Location;
import io.coterie.volume.internal.format.NodeAddress;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.memory.LongMap;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongFunction;

/**
 * What the cleaner copied out of some segments: old places and new ones. Until a checkpoint has put
 * the new ones into the map, both serve. Guarded by the volume's lock.
 */
public final class Relocation {
  /** The first one of each leaf; the others hang behind it. */
  private final LongMap<Move> byLeaf = new LongMap<>();

  private final LongMap<Boolean> victims = new LongMap<>();
  private final LongMap<Boolean> affected = new LongMap<>();
  private final List<Long> victimIds = new ArrayList<>();
  private final int topLevel;
  private long filledBlocks;

  /** A unit of one block at its new place, and in which maps it is there already. */
  public static final class Move {
    private final long lba;
    private final long oldLocation;
    private final long location;
    private final int granules;
    private final long tagHigh;
    private final long tagLow;

    /** Whether the map in memory has it at the new place, and what stood there before. */
    private boolean inMemory;

    private long extent;
    private long oldTagHigh;
    private long oldTagLow;

    /** Whether the trees being written have it there. */
    private boolean inTrees;

    /** The next one of the same leaf. */
    private Move next;

    public Move(
        long lba, long oldLocation, long location, int granules, long tagHigh, long tagLow) {
      this.lba = lba;
      this.oldLocation = oldLocation;
      this.location = location;
      this.granules = granules;
      this.tagHigh = tagHigh;
      this.tagLow = tagLow;
    }
  }

  public Relocation(int topLevel) {
    this.topLevel = topLevel;
  }

  /**
   * A segment was copied whole.
   *
   * @param units what was live in it
   * @param nodes addresses of the nodes that stand in it
   */
  public void add(long victim, List<Move> units, List<Long> nodes) {
    victims.put(victim, Boolean.TRUE);
    victimIds.add(victim);
    long granules = units.stream().mapToLong(unit -> unit.granules).sum();
    filledBlocks += up(granules, Sizes.BLOCK_GRANULES) + up(units.size(), Sizes.MAX_ENTRIES);
    for (Move unit : units) {
      long leaf = NodeAddress.leafOf(unit.lba);
      unit.next = byLeaf.put(leaf, unit);
      if (unit.next == null) {
        affect(NodeAddress.of(0, leaf));
      }
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

  public List<Long> victims() {
    return victimIds;
  }

  /** How many segments what was copied takes, with its descriptors. */
  public int segmentsFilled() {
    return (int) up(filledBlocks, Sizes.SEGMENT_BLOCKS - 1);
  }

  private static long up(long amount, long unit) {
    return (amount + unit - 1) / unit;
  }

  boolean affects(long address) {
    return affected.get(address) != null;
  }

  boolean stoodInVictim(long location) {
    return location != Location.NONE && victims.get(Location.segmentOf(location)) != null;
  }

  /**
   * Puts new places into a leaf of the map in memory: they are in force from now on.
   *
   * @param leaf its index
   */
  void applyInMemory(long leaf, long[] words, LiveSpace live) {
    for (Move move = byLeaf.get(leaf); move != null; move = move.next) {
      int at = entryOf(move);
      long extent = words[at + 1];
      long tagHigh = words[at + 2];
      long tagLow = words[at + 3];
      if (apply(move, words) && !move.inMemory) {
        move.inMemory = true;
        move.extent = extent;
        move.oldTagHigh = tagHigh;
        move.oldTagLow = tagLow;
        if (move.inTrees) {
          live.gain(move.location, move.granules);
        } else {
          live.changeAll(move.location, move.granules);
        }
      }
    }
  }

  /**
   * Puts new places into a copy of a leaf that a checkpoint writes: they are in force once it is
   * durable. The same block may stand in leaves of several trees.
   *
   * @return true when there were any
   */
  boolean applyToWritten(long leaf, long[] words, LiveSpace live) {
    boolean changed = false;
    for (Move move = byLeaf.get(leaf); move != null; move = move.next) {
      if (apply(move, words)) {
        changed = true;
        if (!move.inTrees && !move.inMemory) {
          live.changeCheckpoint(move.location, move.granules);
        }
        move.inTrees = true;
      }
    }
    return changed;
  }

  private static int entryOf(Move move) {
    return (int) (move.lba % Sizes.LEAF_ENTRIES) * Sizes.LEAF_ENTRY_LONGS;
  }

  private static boolean apply(Move move, long[] words) {
    int at = entryOf(move);
    if (words[at] != move.oldLocation) {
      return false;
    }
    words[at] = move.location;
    words[at + 2] = move.tagHigh;
    words[at + 3] = move.tagLow;
    return true;
  }

  /** The trees that were written are in force. */
  void settle(LiveSpace live) {
    forEach(
        move -> {
          if (move.inTrees && !move.inMemory) {
            live.gain(move.location, move.granules);
          }
        });
  }

  /**
   * The trees never came into force: what the map in memory has at new places goes back to the old
   * ones, which snapshots may need as well.
   *
   * @param leaves gives the entries of a leaf as they are now
   */
  void abandon(LongFunction<long[]> leaves, LiveSpace live) {
    forEach(
        move -> {
          if (move.inMemory) {
            takeBack(move, leaves.apply(NodeAddress.leafOf(move.lba)), live);
          }
        });
  }

  private static void takeBack(Move move, long[] words, LiveSpace live) {
    int at = entryOf(move);
    if (words != null && words[at] == move.location) {
      words[at] = move.oldLocation;
      words[at + 2] = move.oldTagHigh;
      words[at + 3] = move.oldTagLow;
      live.gain(move.location, -move.granules);
    } else if (live.holds(move.extent, NodeAddress.leafOf(move.lba))) {
      // Written over since: a snapshot has it, at the old place.
      live.gain(move.location, -move.granules);
    } else {
      live.gain(move.oldLocation, -move.granules);
    }
  }

  private void forEach(Consumer<Move> action) {
    byLeaf.forEach(
        first -> {
          for (Move move = first; move != null; move = move.next) {
            action.accept(move);
          }
        });
  }
}
