package io.coterie.volume.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.name.Sizes;
import io.coterie.ops.api.Progress;
import io.coterie.volume.api.Access;
import io.coterie.volume.api.BlockDevice;
import io.coterie.volume.api.Grant;
import io.coterie.volume.api.VolumeService;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Copies what a volume holds into a sparse file; the file gets its name when it is complete. */
public final class RawExport {
  private static final Logger LOG = LoggerFactory.getLogger(RawExport.class);
  private static final int STEP_BYTES = 1 << 20;

  private final VolumeService volumes;
  private final VolumeSnapshots snapshots;

  public RawExport(VolumeService volumes, VolumeSnapshots snapshots) {
    this.volumes = volumes;
    this.snapshots = snapshots;
  }

  /**
   * Copies and returns one line about it.
   *
   * @param snapshot which one, or null for the volume as it is when the export begins
   */
  public String run(String name, String snapshot, Path target, Progress progress) {
    Path aside = target.resolveSibling(target.getFileName() + ".part");
    if (Files.exists(aside)) {
      throw CoterieException.of(
          "COT-0523", ExitCode.REFUSED, aside + " exists", "another name: nothing is overwritten");
    }
    Grant grant = volumes.issueReadOnly(name, OpenVolume.ACT + "export");
    try (Access access = volumes.open(grant.export(), () -> {})) {
      long copied =
          snapshot == null
              ? copyMoment(name, access.device(), aside, progress)
              : copy(snapshots.open(name, snapshot), aside, progress);
      Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
      return "wrote " + target + ", " + Sizes.format(copied) + " of data";
    } catch (IOException e) {
      throw CoterieException.of(
          "COT-0524",
          ExitCode.FAILED,
          "volume " + name + " could not be exported: " + e.getMessage(),
          "coterie volume check " + name,
          e);
    } finally {
      deleteQuietly(aside);
      volumes.revoke(grant.export());
    }
  }

  /** A volume that takes no snapshot any more is copied as it is: perhaps to save what is left. */
  private long copyMoment(String name, BlockDevice live, Path file, Progress progress)
      throws IOException {
    VolumeSnapshots.Moment moment;
    try {
      moment = snapshots.moment(name);
    } catch (IOException e) {
      LOG.warn("COT-0533 {} is exported as it goes, not at one moment: {}", name, e.getMessage());
      return copy(live, file, progress);
    }
    try (moment) {
      return copy(moment.device(), file, progress);
    }
  }

  private static void deleteQuietly(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw CoterieException.of(
          "COT-0524", ExitCode.FAILED, file + " is left over: " + e.getMessage(), "rm " + file, e);
    }
  }

  private static long copy(BlockDevice device, Path file, Progress progress) throws IOException {
    byte[] buffer = new byte[STEP_BYTES];
    long copied = 0;
    try (FileChannel channel =
        FileChannel.open(
            file,
            EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      long size = device.sizeBytes();
      long at = 0;
      while (at < size) {
        progress.checkCancelled();
        long extent = device.extent(at, size - at);
        if (extent < 0) {
          at -= extent;
          continue;
        }
        int part = (int) Math.min(extent, STEP_BYTES);
        device.read(at, buffer, 0, part);
        ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, part);
        long position = at;
        while (bytes.hasRemaining()) {
          position += channel.write(bytes, position);
        }
        at += part;
        copied += part;
        progress.report("copying", (int) (100 * at / size));
      }
      if (channel.size() < size) {
        channel.write(ByteBuffer.allocate(1), size - 1);
      }
      channel.force(true);
    }
    return copied;
  }
}
