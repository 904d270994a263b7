package io.coterie.volume.internal;

import io.coterie.base.name.Names;
import io.coterie.ops.api.Progress;
import io.coterie.volume.api.BlockDevice;
import io.coterie.volume.api.DataWalk;
import io.coterie.volume.internal.archive.ArchiveSubject;
import io.coterie.volume.internal.archive.ArchiveWriter;
import io.coterie.volume.internal.archive.SealedOutput;
import io.coterie.volume.internal.engine.LogVolume;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.format.SnapshotEntry;
import io.coterie.volume.internal.format.VolumeHeader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The snapshot that goes into an archive, and perhaps the older one from which it is told. */
final class ArchiveSource implements AutoCloseable {
  /** So many runs are found before they are written. */
  private static final int RUNS_OF_A_STEP = 4096;

  private final LogVolume log;
  private final byte[] volumeId;
  private final BlockDevice device;
  private final String name;
  private final String since;
  private final ArchiveSubject subject;

  /** Null when it is a snapshot that people made. */
  private final VolumeSnapshots.Moment moment;

  private final byte[] buffer = new byte[DataWalk.PART_BYTES];
  private long dataBytes;

  private ArchiveSource(
      LogVolume log,
      byte[] volumeId,
      BlockDevice device,
      String name,
      String since,
      ArchiveSubject subject,
      VolumeSnapshots.Moment moment) {
    this.log = log;
    this.volumeId = volumeId;
    this.device = device;
    this.name = name;
    this.since = since;
    this.subject = subject;
    this.moment = moment;
  }

  /** See {@link VolumeArchives#write}. */
  static ArchiveSource open(
      FileVolumeService volumes,
      VolumeSnapshots snapshots,
      String volume,
      String snapshot,
      String since)
      throws IOException {
    OpenVolume open = volumes.volume(volume);
    LogVolume log = open.volume();
    VolumeHeader header = open.header();
    SnapshotEntry base =
        since == null ? null : snapshots.entry(volume, Names.check("snapshot", since));
    if (snapshot != null) {
      snapshots.entry(volume, Names.check("snapshot", snapshot));
    }
    VolumeSnapshots.Moment moment = snapshot == null ? snapshots.moment(volume) : null;
    SnapshotEntry entry = snapshots.entry(volume, moment == null ? snapshot : moment.name());
    ArchiveSubject subject =
        new ArchiveSubject(
            volume,
            entry.sizeBytes(),
            header.cipher(),
            moment == null ? entry.name() : "",
            entry.description(),
            entry.createdMillis(),
            entry.identity(header.volumeId()),
            base == null ? new byte[0] : base.identity(header.volumeId()),
            base == null ? "" : base.name());
    BlockDevice device = moment == null ? snapshots.open(volume, snapshot) : moment.device();
    return new ArchiveSource(log, header.volumeId(), device, entry.name(), since, subject, moment);
  }

  long dataBytes() {
    return dataBytes;
  }

  void writeTo(SealedOutput sealed, Progress progress) throws IOException {
    ArchiveWriter writer = new ArchiveWriter(sealed, subject);
    DataWalk walk = new DataWalk(device, "archiving", new ProgressWatcher(progress));
    if (since == null) {
      walk.all((at, part) -> data(writer, at, part));
    } else {
      writeChanges(writer, walk);
    }
    checkStillThere(name, subject.identity());
    if (since != null) {
      checkStillThere(since, subject.base());
    }
    writer.end();
    dataBytes = writer.dataBytes();
  }

  /** Snapshots are read by their names: one that was made anew meanwhile would be mixed in. */
  private void checkStillThere(String snapshot, byte[] identity) throws IOException {
    for (SnapshotEntry entry : log.snapshots().list()) {
      if (entry.name().equals(snapshot) && Arrays.equals(entry.identity(volumeId), identity)) {
        return;
      }
    }
    throw new IOException("snapshot " + snapshot + " was deleted meanwhile");
  }

  /** A run of blocks that is not as in the older one. */
  private record Run(long firstLba, long blocks, boolean hasData) {}

  private void data(ArchiveWriter writer, long offset, int lengthBytes) throws IOException {
    device.read(offset, buffer, 0, lengthBytes);
    writer.data(offset, buffer, lengthBytes);
  }

  private void writeChanges(ArchiveWriter writer, DataWalk walk) throws IOException {
    long leaf = 0;
    while (leaf != Long.MAX_VALUE) {
      List<Run> runs = new ArrayList<>();
      leaf =
          log.snapshots()
              .differences(
                  name,
                  since,
                  leaf,
                  RUNS_OF_A_STEP,
                  (first, blocks, hasData) -> runs.add(new Run(first, blocks, hasData)));
      for (Run run : runs) {
        long offset = run.firstLba() * Sizes.BLOCK;
        if (run.hasData()) {
          walk.run(offset, run.blocks() * Sizes.BLOCK, (at, part) -> data(writer, at, part));
        } else {
          writer.hole(offset, run.blocks() * Sizes.BLOCK);
        }
      }
    }
  }

  @Override
  public void close() {
    if (moment != null) {
      moment.close();
    }
  }
}
