package io.coterie.volume.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.name.Sizes;
import io.coterie.ops.api.Progress;
import io.coterie.volume.api.Access;
import io.coterie.volume.api.BlockDevice;
import io.coterie.volume.api.Grant;
import io.coterie.volume.internal.archive.ArchiveReader;
import io.coterie.volume.internal.archive.ArchiveSubject;
import io.coterie.volume.internal.engine.GuardedDevice;
import io.coterie.volume.internal.engine.GuardedDevice.Gate;
import io.coterie.volume.internal.engine.LogVolume;
import io.coterie.volume.internal.format.SnapshotEntry;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;

/** The volume that an archive is read into. Used once. */
final class ArchiveTarget {
  private static final int BLOCK = io.coterie.volume.internal.format.Sizes.BLOCK;
  private static final int STEP_BYTES = 1 << 20;

  private final FileVolumeService volumes;
  private final VolumeSnapshots snapshots;
  private final String name;
  private final ArchiveSubject subject;
  private final Progress progress;
  private long writtenBytes;

  ArchiveTarget(
      FileVolumeService volumes,
      VolumeSnapshots snapshots,
      String name,
      ArchiveSubject subject,
      Progress progress) {
    this.volumes = volumes;
    this.snapshots = snapshots;
    this.name = name;
    this.subject = subject;
    this.progress = progress;
  }

  /** Tells what the archive holds. */
  interface Content {
    void tell(ArchiveReader.RunVisitor runs) throws IOException;
  }

  /** Looks at everything and does nothing. */
  ArchiveReader.RunVisitor none() {
    return new ArchiveReader.RunVisitor() {
      @Override
      public void data(long offset, byte[] source, int lengthBytes) {
        reportAt("checking", offset);
      }

      @Override
      public void hole(long offset, long lengthBytes) {
        reportAt("checking", offset);
      }
    };
  }

  private void reportAt(String step, long offset) {
    progress.checkCancelled();
    progress.report(step, (int) (100 * offset / subject.sizeBytes()));
  }

  private ArchiveReader.RunVisitor writingTo(BlockDevice device) {
    return new ArchiveReader.RunVisitor() {
      @Override
      public void data(long offset, byte[] source, int lengthBytes) throws IOException {
        reportAt("writing", offset);
        device.write(offset, source, 0, lengthBytes);
        device.submit();
        writtenBytes += lengthBytes;
      }

      @Override
      public void hole(long offset, long lengthBytes) throws IOException {
        reportAt("writing", offset);
        device.zero(offset, lengthBytes);
        device.submit();
      }
    };
  }

  /** Makes the volume of a whole archive; it appears when it is complete. */
  void make(Content content) {
    volumes.create(
        name,
        subject.sizeBytes(),
        subject.cipher(),
        log -> {
          BlockDevice device = new GuardedDevice(log, new Gate(Gate.Right.WRITE));
          content.tell(writingTo(device));
          device.flush();
          keep(log);
        });
  }

  /** The snapshot of the archive, with its identity, so that others can build on it. */
  private void keep(LogVolume log) throws IOException {
    if (!subject.snapshot().isEmpty()) {
      log.takeSnapshot(
          subject.snapshot(), subject.description(), subject.createdMillis(), subject.identity());
    }
  }

  /**
   * Refuses an incremental archive that does not fit, and takes back what was written since the
   * snapshot that it builds on.
   */
  void checkFits(boolean discard) throws IOException {
    OpenVolume open = volumes.volume(name);
    byte[] id = open.header().volumeId();
    SnapshotEntry base = base();
    if (open.header().sizeBytes() != subject.sizeBytes()) {
      throw unfit("has another size than the one that was archived");
    }
    for (SnapshotEntry entry : open.volume().snapshots().list()) {
      if (Arrays.equals(entry.identity(id), subject.identity())) {
        throw unfit("has that already, as snapshot " + entry.name());
      }
      if (entry.name().equals(subject.snapshot())) {
        throw unfit("has another snapshot " + entry.name());
      }
    }
    if (!discard && changedSince(base)) {
      throw CoterieException.of(
          "COT-0544",
          ExitCode.REFUSED,
          "volume " + name + " was written to since its snapshot " + base.name(),
          "coterie volume unarchive --discard gives that up");
    }
  }

  private SnapshotEntry base() {
    OpenVolume open = volumes.volume(name);
    byte[] id = open.header().volumeId();
    Optional<SnapshotEntry> base =
        open.volume().snapshots().list().stream()
            .filter(entry -> Arrays.equals(entry.identity(id), subject.base()))
            .findFirst();
    return base.orElseThrow(
        () ->
            unfit(
                "has no copy of snapshot "
                    + subject.baseName()
                    + " of "
                    + subject.volume()
                    + ", on which the archive builds"));
  }

  private CoterieException unfit(String why) {
    return CoterieException.of(
        "COT-0543",
        ExitCode.REFUSED,
        "volume " + name + " " + why,
        "coterie volume snapshot list " + name);
  }

  private boolean changedSince(SnapshotEntry base) throws IOException {
    LogVolume log = volumes.volume(name).volume();
    boolean[] any = new boolean[1];
    try (VolumeSnapshots.Moment now = snapshots.moment(name)) {
      log.snapshots()
          .differences(now.name(), base.name(), 0, 1, (first, blocks, data) -> any[0] = true);
    }
    return any[0];
  }

  /**
   * Brings the volume from the snapshot on which the archive builds to the one that it holds. When
   * it breaks off the volume is somewhere between, and the same act with {@code discard} goes on.
   */
  void apply(Content content) throws IOException {
    OpenVolume open = volumes.volume(name);
    Grant grant = writer(open);
    try (Access access = volumes.open(grant.export(), () -> {})) {
      goBack(access.device());
      content.tell(writingTo(access.device()));
      access.device().flush();
      keep(open.volume());
    } finally {
      volumes.revoke(grant.export());
    }
  }

  private Grant writer(OpenVolume open) {
    synchronized (open) {
      Grant other = open.grants().active();
      if (other != null) {
        throw CoterieException.of(
            "COT-0503",
            ExitCode.REFUSED,
            "volume " + name + " may be written by " + other.holder() + " at any time",
            "coterie volume info " + name);
      }
      return volumes.activate(volumes.issue(name, "unarchive").export());
    }
  }

  /** Writes back what the base has wherever the volume has something else now. */
  private void goBack(BlockDevice device) throws IOException {
    SnapshotEntry base = base();
    BlockDevice old = snapshots.open(name, base.name());
    LogVolume log = volumes.volume(name).volume();
    byte[] buffer = new byte[STEP_BYTES];
    try (VolumeSnapshots.Moment now = snapshots.moment(name)) {
      log.snapshots()
          .differences(
              base.name(),
              now.name(),
              (first, blocks, hasData) -> {
                reportAt("going back to " + base.name(), first * BLOCK);
                restore(old, device, first * BLOCK, blocks * BLOCK, hasData, buffer);
              });
    }
  }

  private static void restore(
      BlockDevice old, BlockDevice device, long offset, long length, boolean hasData, byte[] buffer)
      throws IOException {
    if (!hasData) {
      device.zero(offset, length);
    }
    for (long at = offset; hasData && at < offset + length; ) {
      int part = (int) Math.min(offset + length - at, buffer.length);
      old.read(at, buffer, 0, part);
      device.write(at, buffer, 0, part);
      device.submit();
      at += part;
    }
    device.submit();
  }

  String words() {
    return "read "
        + Sizes.format(writtenBytes)
        + " into "
        + name
        + (subject.snapshot().isEmpty()
            ? ""
            : ", which has snapshot " + subject.snapshot() + " now");
  }
}
