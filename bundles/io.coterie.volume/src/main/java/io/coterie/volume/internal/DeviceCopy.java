package io.coterie.volume.internal;

import io.coterie.volume.api.BlockDevice;
import io.coterie.volume.api.Watcher;
import java.io.IOException;
import java.util.Arrays;

/** Copies what one device holds to another that is empty, and compares every block. Used once. */
final class DeviceCopy {
  private final BlockDevice source;
  private final BlockDevice target;
  private final Watcher watcher;
  private final byte[] buffer = new byte[DataWalk.PART_BYTES];
  private long copiedBytes;

  DeviceCopy(BlockDevice source, BlockDevice target, Watcher watcher) {
    this.source = source;
    this.target = target;
    this.watcher = watcher;
  }

  /** Returns once the copy is durable. */
  void copy() throws IOException {
    new DataWalk(source, "copying", watcher)
        .all(
            (at, part) -> {
              source.read(at, buffer, 0, part);
              target.write(at, buffer, 0, part);
              target.submit();
              copiedBytes += part;
            });
    target.flush();
  }

  void compare() throws IOException {
    byte[] copied = new byte[DataWalk.PART_BYTES];
    new DataWalk(source, "comparing", watcher)
        .all(
            (at, part) -> {
              source.read(at, buffer, 0, part);
              target.read(at, copied, 0, part);
              if (!Arrays.equals(buffer, 0, part, copied, 0, part)) {
                throw new IOException("what was written is not what is read, at byte " + at);
              }
            });
  }

  long copiedBytes() {
    return copiedBytes;
  }
}
