package io.coterie.volume.internal.engine;

import io.coterie.volume.api.CheckReport;
import io.coterie.volume.api.DamagedBlockException;
import io.coterie.volume.internal.format.Sizes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Reads and authenticates every block of a volume that holds data. Used once. */
final class VolumeCheck {
  private static final int MAX_REPORTED = 100;

  /** Bounds how much of the map one step looks at. */
  private static final long RUN_BYTES = 64L << 20;

  private static final long LEAF_BYTES = (long) Sizes.LEAF_ENTRIES * Sizes.BLOCK;

  private final LogVolume volume;
  private final byte[] block = new byte[Sizes.BLOCK];
  private final List<String> reported = new ArrayList<>();
  private long blocks;
  private long damaged;

  VolumeCheck(LogVolume volume) {
    this.volume = volume;
  }

  CheckReport run() throws IOException {
    long size = volume.sizeBytes();
    for (long at = 0; at < size; ) {
      try {
        long extent = volume.extent(at, Math.min(size - at, RUN_BYTES));
        if (extent > 0) {
          readAll(at, at + extent);
        }
        at += Math.abs(extent);
      } catch (DamagedBlockException e) { // in the map: what the leaf tells of is lost
        long end = Math.min(size, (at / LEAF_BYTES + 1) * LEAF_BYTES);
        report(e, (end - at) / Sizes.BLOCK);
        at = end;
      }
    }
    return new CheckReport(blocks, damaged, reported);
  }

  private void readAll(long from, long end) throws IOException {
    for (long at = from; at < end; at += Sizes.BLOCK) {
      blocks++;
      try {
        volume.read(at, block, 0, Sizes.BLOCK);
      } catch (IOException e) { // of the disk, too: the others may be read
        volume.checkOpen();
        report(e, 1);
      }
    }
  }

  private void report(IOException e, long count) {
    damaged += count;
    if (reported.size() < MAX_REPORTED) {
      reported.add(e.getMessage());
    }
  }
}
