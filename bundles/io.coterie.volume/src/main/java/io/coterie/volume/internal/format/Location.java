package io.coterie.volume.internal.format;

/** Where a unit begins: a segment and a granule in it, as one number. */
public final class Location {
  /** No unit: what it stands for reads as zeroes. */
  public static final long NONE = 0;

  private static final int GRANULE_BITS = 18;

  private Location() {}

  public static long of(long segmentId, int granule) {
    return segmentId << GRANULE_BITS | granule;
  }

  public static long segmentOf(long location) {
    return location >>> GRANULE_BITS;
  }

  public static int granuleOf(long location) {
    return (int) (location & (1 << GRANULE_BITS) - 1);
  }
}
