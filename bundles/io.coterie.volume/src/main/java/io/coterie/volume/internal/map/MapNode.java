package io.coterie.volume.internal.map;

import io.coterie.volume.internal.format.NodeAddress;
import io.coterie.volume.internal.format.Sizes;
import java.nio.ByteBuffer;

/** A node of the map in memory. Guarded by the volume's lock. */
final class MapNode {
  /** How a node stands to the log. */
  enum State {
    /** As it is in the log. */
    CLEAN,
    /** Changed since. */
    DIRTY,
    /** Being written by a checkpoint; a change makes a copy. */
    FROZEN
  }

  final long address;
  final long[] words;
  State state;

  /** Set by each use; taken away by the clock that looks for nodes to put out. */
  boolean used = true;

  MapNode(long address, long[] words, State state) {
    this.address = address;
    this.words = words;
    this.state = state;
  }

  static MapNode empty(long address) {
    return new MapNode(address, new long[Sizes.NODE_LONGS], State.DIRTY);
  }

  int level() {
    return NodeAddress.levelOf(address);
  }

  /**
   * A copy for changes.
   *
   * @param into an array that nobody uses any more, or a new one
   */
  MapNode dirtyCopy(long[] into) {
    System.arraycopy(words, 0, into, 0, words.length);
    return new MapNode(address, into, State.DIRTY);
  }

  static boolean blank(long[] words) {
    for (long word : words) {
      if (word != 0) {
        return false;
      }
    }
    return true;
  }

  static long[] decode(byte[] block) {
    long[] words = new long[Sizes.NODE_LONGS];
    ByteBuffer.wrap(block).asLongBuffer().get(words);
    return words;
  }

  static void encode(long[] words, byte[] block) {
    ByteBuffer.wrap(block).asLongBuffer().put(words);
  }
}
