package io.coterie.volume.internal.map;

/** What a checkpoint does besides keeping the map. */
public sealed interface MapChange {
  /** Nothing. */
  record Keep() implements MapChange {}

  /** The map as it is becomes a snapshot. */
  record TakeSnapshot(String name, String description, long nowMillis, byte[] origin)
      implements MapChange {}

  /** A snapshot is marked: from now on it is nobody's, and goes bit by bit. */
  record MarkDeleted(String name) implements MapChange {}

  /**
   * A piece of a marked snapshot goes.
   *
   * @param toLeaf what ends before this leaf; {@link Long#MAX_VALUE} for all that is left
   */
  record DeletePiece(int era, long toLeaf) implements MapChange {}
}
