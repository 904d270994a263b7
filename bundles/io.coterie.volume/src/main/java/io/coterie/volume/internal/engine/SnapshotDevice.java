package io.coterie.volume.internal.engine;

import io.coterie.volume.api.AccessRevokedException;
import io.coterie.volume.api.BlockDevice;
import java.io.IOException;

/** A snapshot as a device that only reads. Thread-safe. */
public final class SnapshotDevice implements BlockDevice {
  private final Snapshots snapshots;
  private final String name;
  private final long sizeBytes;

  public SnapshotDevice(Snapshots snapshots, String name, long sizeBytes) {
    this.snapshots = snapshots;
    this.name = name;
    this.sizeBytes = sizeBytes;
  }

  @Override
  public long sizeBytes() {
    return sizeBytes;
  }

  @Override
  public void read(long offset, byte[] target, int targetOffset, int lengthBytes)
      throws IOException {
    snapshots.read(name, offset, target, targetOffset, lengthBytes);
  }

  @Override
  public long extent(long offset, long lengthBytes) throws IOException {
    return snapshots.extent(name, offset, lengthBytes);
  }

  @Override
  public void write(long offset, byte[] source, int sourceOffset, int lengthBytes)
      throws IOException {
    throw new AccessRevokedException("a snapshot takes no writes");
  }

  @Override
  public void zero(long offset, long lengthBytes) throws IOException {
    throw new AccessRevokedException("a snapshot takes no writes");
  }

  @Override
  public void submit() {
    // Nothing is ever staged.
  }

  @Override
  public void flush() {
    // Nothing is ever staged.
  }
}
