package io.coterie.volume.api;

import java.io.IOException;

/**
 * Goes over what a device holds, part by part, and tells how far it is.
 *
 * @param what is done meanwhile, for people
 */
public record DataWalk(BlockDevice device, String what, Watcher watcher) {
  /** The most that a part has. */
  public static final int PART_BYTES = 1 << 20;

  /** What is done with a part. */
  public interface Step {
    /** At most {@link #PART_BYTES}. */
    void at(long offset, int lengthBytes) throws IOException;
  }

  /** Over everything but holes. */
  public void all(Step step) throws IOException {
    long size = device.sizeBytes();
    long at = 0;
    while (at < size) {
      watcher.at(what, (int) (100 * at / size));
      long extent = device.extent(at, size - at);
      if (extent > 0) {
        run(at, extent, step);
      }
      at += Math.abs(extent);
    }
  }

  /** Over a run that is known to hold data. */
  public void run(long offset, long lengthBytes, Step step) throws IOException {
    long end = offset + lengthBytes;
    for (long at = offset; at < end; ) {
      watcher.at(what, (int) (100 * at / device.sizeBytes()));
      int part = (int) Math.min(end - at, PART_BYTES);
      step.at(at, part);
      at += part;
    }
  }
}
