package io.coterie.volume.internal.engine;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much memory the maps of all open volumes take, and may take. Without it a volume that grows
 * would end the whole device. Thread-safe.
 */
public final class MapBudget {
  private static final long SMALLEST_GROWTH_BYTES = BlockMap.LEAF_LONGS * 8L;

  private final long limitBytes;
  private final AtomicLong usedBytes = new AtomicLong();

  public MapBudget(long limitBytes) {
    this.limitBytes = limitBytes;
  }

  /** Two fifths of the heap: while a checkpoint is written, changed leaves are there twice. */
  public static MapBudget ofThisProcess() {
    return new MapBudget(Runtime.getRuntime().maxMemory() / 5 * 2);
  }

  void take(long bytes) {
    usedBytes.addAndGet(bytes);
  }

  void giveBack(long bytes) {
    usedBytes.addAndGet(-bytes);
  }

  /** True when no map may grow. */
  public boolean full() {
    return usedBytes.get() + SMALLEST_GROWTH_BYTES > limitBytes;
  }

  /** Refuses what does not fit. */
  void require(long bytes) throws IOException {
    if (usedBytes.get() + bytes > limitBytes) {
      throw new IOException(
          "No space left in this device's memory for the maps of volumes ("
              + (limitBytes >> 20)
              + " MiB; COTERIE_HEAP sets it)");
    }
  }
}
