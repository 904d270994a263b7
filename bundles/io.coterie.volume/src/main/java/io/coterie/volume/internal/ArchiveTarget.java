package io.coterie.volume.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.name.Sizes;
import io.coterie.ops.api.Progress;
import io.coterie.volume.api.Access;
import io.coterie.volume.api.BlockDevice;
import io.coterie.volume.api.DataWalk;
import io.coterie.volume.api.Grant;
import io.coterie.volume.internal.archive.ArchiveReader;
import io.coterie.volume.internal.archive.ArchiveSubject;
import io.coterie.volume.internal.engine.GuardedDevice;
import io.coterie.volume.internal.engine.GuardedDevice.Gate;
import io.coterie.volume.internal.engine.LogVolume;
import io.coterie.volume.internal.format.SnapshotEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The volume that an archive is read into. Used once. */
final class ArchiveTarget {
  private static final int BLOCK = io.coterie.volume.internal.format.Sizes.BLOCK;
  private static final long ZERO_STEP_BYTES = 256L << 20;
  private static final int RUNS_OF_A_STEP = 4096;

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
        zero(device, offset, lengthBytes);
      }
    };
  }

  /** In steps, so that writers can be slowed down between them. */
  private void zero(BlockDevice device, long offset, long length) throws IOException {
    for (long at = offset; at < offset + length; at += ZERO_STEP_BYTES) {
      reportAt("writing", at);
      device.zero(at, Math.min(offset + length - at, ZERO_STEP_BYTES));
      device.submit();
    }
  }

  /** Makes the volume of a whole archive; it appears when it is complete. */
  void make(Content content) {
    volumes.create(
        name,
        subject.sizeBytes(),
        subject.cipher(),
        null,
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
    long size = open.header().sizeBytes();
    if (size < subject.sizeBytes()) {
      throw CoterieException.of(
          "COT-0543",
          ExitCode.REFUSED,
          "volume " + name + " is smaller than the one that was archived",
          "coterie volume resize " + name + " " + subject.sizeBytes());
    }
    if (size > subject.sizeBytes()) {
      throw unfit("is larger than the one that was archived");
    }
    for (SnapshotEntry entry : open.volume().snapshots().list()) {
      if (Arrays.equals(entry.identity(id), subject.identity())) {
        throw unfit("has that already, as snapshot " + entry.name());
      }
      if (entry.name().equals(subject.snapshot())) {
        throw unfit("has another snapshot " + entry.name());
      }
    }
    if (!subject.snapshot().isEmpty()) {
      VolumeSnapshots.requireRoomFor(name, open.volume(), subject.snapshot());
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
  void apply(Content content, boolean discard) throws IOException {
    OpenVolume open = volumes.volume(name);
    Grant grant = writer(open);
    try (RightToWrite ignored = () -> volumes.revoke(grant.export());
        Access access = volumes.open(grant.export(), () -> {})) {
      checkFits(discard); // once more: nobody else writes from here on
      goBack(access.device());
      content.tell(writingTo(access.device()));
      access.device().flush();
      synchronized (open) { // the right to write does not pass on meanwhile
        requireStillWriter(open, grant);
        synchronized (open.volume()) {
          if (!subject.snapshot().isEmpty()) {
            VolumeSnapshots.requireRoomFor(name, open.volume(), subject.snapshot());
          }
          keep(open.volume());
        }
      }
    }
  }

  /** Ends with a block; what went wrong in it stays the first that is told. */
  private interface RightToWrite extends AutoCloseable {
    @Override
    void close();
  }

  private static void requireStillWriter(OpenVolume open, Grant grant) throws IOException {
    Grant now = open.grants().active();
    if (now == null || !now.export().equals(grant.export())) {
      throw new IOException("somebody else took over the right to write");
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
      Grant waiting = open.issue(OpenVolume.ACT + "unarchive", Grant.State.WAITING);
      return open.activate(waiting.export());
    }
  }

  /** A run of blocks that is not as in the base. */
  private record Run(long offset, long lengthBytes, boolean hasData) {}

  /** Writes back what the base has wherever the volume has something else now. */
  private void goBack(BlockDevice device) throws IOException {
    SnapshotEntry base = base();
    BlockDevice old = snapshots.open(name, base.name());
    LogVolume log = volumes.volume(name).volume();
    byte[] buffer = new byte[DataWalk.PART_BYTES];
    try (VolumeSnapshots.Moment now = snapshots.moment(name)) {
      long leaf = 0;
      while (leaf != Long.MAX_VALUE) {
        List<Run> runs = new ArrayList<>();
        leaf =
            log.snapshots()
                .differences(
                    base.name(),
                    now.name(),
                    leaf,
                    RUNS_OF_A_STEP,
                    (first, blocks, hasData) ->
                        runs.add(new Run(first * BLOCK, blocks * BLOCK, hasData)));
        for (Run run : runs) {
          restore(old, device, run, buffer);
        }
      }
    }
    base(); // it was read by its name, and must be there still
  }

  private void restore(BlockDevice old, BlockDevice device, Run run, byte[] buffer)
      throws IOException {
    if (!run.hasData()) {
      zero(device, run.offset(), run.lengthBytes());
      return;
    }
    new DataWalk(old, "going back to " + subject.baseName(), new ProgressWatcher(progress))
        .run(
            run.offset(),
            run.lengthBytes(),
            (at, part) -> {
              old.read(at, buffer, 0, part);
              device.write(at, buffer, 0, part);
              device.submit();
            });
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
