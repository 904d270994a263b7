package io.coterie.volume.internal;

import io.coterie.base.name.Sizes;
import io.coterie.volume.api.BlockDevice;
import io.coterie.volume.api.DeviceCopy;
import io.coterie.volume.api.Watcher;
import io.coterie.volume.internal.engine.GuardedDevice;
import io.coterie.volume.internal.engine.GuardedDevice.Gate;
import io.coterie.volume.internal.engine.LogVolume;
import java.io.IOException;

/** Copies a device into a new volume and compares every block before the volume appears. */
final class VolumeCopy implements VolumeMaking.Content {
  private final BlockDevice source;
  private final Watcher watcher;
  private long copiedBytes;

  VolumeCopy(BlockDevice source, Watcher watcher) {
    this.source = source;
    this.watcher = watcher;
  }

  @Override
  public void writeTo(LogVolume volume) throws IOException {
    DeviceCopy copy =
        new DeviceCopy(source, new GuardedDevice(volume, new Gate(Gate.Right.WRITE)), watcher);
    copy.copy();
    copy.compare();
    copiedBytes = copy.copiedBytes();
  }

  /** What was copied, for people. */
  String copied() {
    return Sizes.format(copiedBytes);
  }
}
