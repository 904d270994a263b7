package io.coterie.volume.internal.format;

/**
 * What the map knows of a unit beside its place, as one number: the era in which it was first
 * written, its length, how many blocks it holds, and which of them is meant.
 */
public final class Extent {
  private Extent() {}

  /**
   * An extent.
   *
   * @param granules up to 65535
   * @param blocks 1 to 16
   * @param index which of the blocks, from 0
   */
  public static long of(int era, int granules, int blocks, int index, int codec) {
    return (long) era << 32
        | (long) granules << 16
        | (long) (blocks - 1) << 12
        | (long) index << 8
        | codec;
  }

  /** One block, or one node, as it is. */
  public static long ofBlock(int era) {
    return ofUnit(era, Sizes.BLOCK_GRANULES, Packing.NONE);
  }

  /** One block in a unit of its own. */
  public static long ofUnit(int era, int granules, int codec) {
    return of(era, granules, 1, 0, codec);
  }

  /** The same of another era. */
  public static long inEra(int era, long extent) {
    return (long) era << 32 | (extent & 0xffffffffL);
  }

  public static int eraOf(long extent) {
    return (int) (extent >>> 32);
  }

  public static int granulesOf(long extent) {
    return (int) (extent >>> 16) & 0xffff;
  }

  public static int blocksOf(long extent) {
    return ((int) (extent >>> 12) & 15) + 1;
  }

  public static int indexOf(long extent) {
    return (int) (extent >>> 8) & 15;
  }

  public static int codecOf(long extent) {
    return (int) extent & 0xff;
  }

  /**
   * The part of the unit's length that counts for this block; those of all blocks make the whole.
   */
  public static int shareOf(long extent) {
    int blocks = blocksOf(extent);
    int share = granulesOf(extent) / blocks;
    return indexOf(extent) == 0 ? granulesOf(extent) - share * (blocks - 1) : share;
  }
}
