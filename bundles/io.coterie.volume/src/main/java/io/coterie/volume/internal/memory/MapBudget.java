package io.coterie.volume.internal.memory;

/**
 * How much memory the maps of open volumes may take: all together two fifths of the heap, shared
 * evenly. Thread-safe.
 */
public final class MapBudget {
  private static final long MOST_FOR_ONE_BYTES = 48L << 20;

  /** Below this a volume would do nothing but fetch nodes. */
  private static final long LEAST_FOR_ONE_BYTES = 1L << 20;

  private final long totalBytes;
  private volatile int volumes;

  public MapBudget(long totalBytes) {
    this.totalBytes = totalBytes;
  }

  public static MapBudget ofThisProcess() {
    return new MapBudget(Runtime.getRuntime().maxMemory() / 5 * 2);
  }

  /** A volume is opened. */
  public synchronized void join() {
    volumes++;
  }

  /** A volume is closed. */
  public synchronized void leave() {
    volumes--;
  }

  /** What each volume may take now. */
  public long shareBytes() {
    long even = totalBytes / Math.max(1, volumes);
    return Math.max(LEAST_FOR_ONE_BYTES, Math.min(MOST_FOR_ONE_BYTES, even));
  }
}
