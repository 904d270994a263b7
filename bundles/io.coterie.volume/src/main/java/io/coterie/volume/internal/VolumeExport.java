package io.coterie.volume.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.name.Sizes;
import io.coterie.ops.api.Progress;
import io.coterie.volume.api.Access;
import io.coterie.volume.api.BlockDevice;
import io.coterie.volume.api.DataWalk;
import io.coterie.volume.api.DeviceCopy;
import io.coterie.volume.api.Grant;
import io.coterie.volume.api.ImageDevice;
import io.coterie.volume.api.ImageService;
import io.coterie.volume.api.VolumeService;
import io.coterie.volume.api.Watcher;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** Copies what a volume holds into a file, which gets its name when it is complete. */
public final class VolumeExport {
  /** As it is, sparse where there are holes. */
  public static final String RAW = "raw";

  private final VolumeService volumes;
  private final VolumeSnapshots snapshots;
  private final ImageService images;

  public VolumeExport(VolumeService volumes, VolumeSnapshots snapshots, ImageService images) {
    this.volumes = volumes;
    this.snapshots = snapshots;
    this.images = images;
  }

  /**
   * Copies and returns one line about it.
   *
   * @param snapshot which one, or null for the volume as it is when the export begins
   * @param format {@link #RAW}, or another one of {@link ImageService}
   */
  public String run(String name, String snapshot, Path target, String format, Progress progress) {
    NewFile.requireFree(target);
    Grant grant = volumes.issueReadOnly(name, OpenVolume.ACT + "export");
    try (Access access = volumes.open(grant.export(), () -> {});
        NewFile file = NewFile.of(target)) {
      Copy copy = new Copy(file, format, new ProgressWatcher(progress));
      long copied =
          snapshot == null
              ? snapshots.atOneMoment(name, access.device(), now -> write(now, copy))
              : write(snapshots.open(name, snapshot), copy);
      file.complete();
      return "wrote " + target + ", " + Sizes.format(copied) + " of data";
    } catch (IOException e) {
      throw CoterieException.of(
          "COT-0524",
          ExitCode.FAILED,
          "volume " + name + " could not be exported: " + e.getMessage(),
          "coterie volume check " + name,
          e);
    } finally {
      volumes.revoke(grant.export());
    }
  }

  /** What is to be made. */
  private record Copy(NewFile file, String format, Watcher watcher) {}

  private long write(BlockDevice device, Copy copy) throws IOException {
    return copy.format().equals(RAW) ? writeSparse(device, copy) : writeImage(device, copy);
  }

  private static long writeSparse(BlockDevice device, Copy copy) throws IOException {
    FileChannel channel = copy.file().channel();
    byte[] buffer = new byte[DataWalk.PART_BYTES];
    long[] copied = new long[1];
    new DataWalk(device, "copying", copy.watcher())
        .all(
            (at, part) -> {
              device.read(at, buffer, 0, part);
              writeFully(channel, ByteBuffer.wrap(buffer, 0, part), at);
              copied[0] += part;
            });
    if (channel.size() < device.sizeBytes()) {
      writeFully(channel, ByteBuffer.allocate(1), device.sizeBytes() - 1);
    }
    return copied[0];
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes, long offset)
      throws IOException {
    long position = offset;
    while (bytes.hasRemaining()) {
      position += channel.write(bytes, position);
    }
  }

  /** By QEMU's tools, and compared before it counts. */
  private long writeImage(BlockDevice device, Copy copy) throws IOException {
    try (ImageDevice image = images.make(copy.file().path(), copy.format(), device.sizeBytes())) {
      DeviceCopy into = new DeviceCopy(device, image, copy.watcher());
      into.copy();
      into.compare();
      return into.copiedBytes();
    }
  }
}
