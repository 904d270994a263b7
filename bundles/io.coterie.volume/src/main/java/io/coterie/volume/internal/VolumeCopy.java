package io.coterie.volume.internal;

import io.coterie.base.name.Sizes;
import io.coterie.ops.api.Progress;
import io.coterie.volume.api.BlockDevice;
import io.coterie.volume.internal.engine.GuardedDevice;
import io.coterie.volume.internal.engine.GuardedDevice.Gate;
import io.coterie.volume.internal.engine.LogVolume;
import java.io.IOException;
import java.util.Arrays;

/** Copies a device into a new volume and compares every block before the volume appears. */
final class VolumeCopy implements VolumeMaking.Content {
  private static final int STEP_BYTES = 1 << 20;

  private final BlockDevice source;
  private final Progress progress;
  private long copiedBytes;

  VolumeCopy(BlockDevice source, Progress progress) {
    this.source = source;
    this.progress = progress;
  }

  @Override
  public void writeTo(LogVolume volume) throws IOException {
    GuardedDevice target = new GuardedDevice(volume, new Gate(Gate.Right.WRITE));
    byte[] buffer = new byte[STEP_BYTES];
    eachData(
        "copying",
        (at, part) -> {
          source.read(at, buffer, 0, part);
          target.write(at, buffer, 0, part);
          target.submit();
          copiedBytes += part;
        });
    target.flush();
    byte[] copied = new byte[STEP_BYTES];
    eachData(
        "comparing",
        (at, part) -> {
          source.read(at, buffer, 0, part);
          target.read(at, copied, 0, part);
          if (!Arrays.equals(buffer, 0, part, copied, 0, part)) {
            throw new IOException("what was written is not what is read, at byte " + at);
          }
        });
  }

  /** What was copied, for people. */
  String copied() {
    return Sizes.format(copiedBytes);
  }

  private interface Step {
    void at(long offset, int lengthBytes) throws IOException;
  }

  private void eachData(String what, Step step) throws IOException {
    long size = source.sizeBytes();
    long at = 0;
    while (at < size) {
      progress.checkCancelled();
      long extent = source.extent(at, size - at);
      long end = at + Math.abs(extent);
      while (extent > 0 && at < end) {
        int part = (int) Math.min(end - at, STEP_BYTES);
        step.at(at, part);
        at += part;
        progress.report(what, (int) (100 * at / size));
      }
      at = end;
    }
  }
}
