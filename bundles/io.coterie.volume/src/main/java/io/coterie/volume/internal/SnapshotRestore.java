package io.coterie.volume.internal;

import io.coterie.ops.api.Progress;
import io.coterie.volume.api.Access;
import io.coterie.volume.api.BlockDevice;
import io.coterie.volume.api.Grant;
import io.coterie.volume.api.SnapshotService;
import io.coterie.volume.api.VolumeInfo;

/** Makes a new volume of a snapshot: a copy that shares nothing with it, neither keys nor files. */
public final class SnapshotRestore {
  private final FileVolumeService volumes;
  private final SnapshotService snapshots;

  public SnapshotRestore(FileVolumeService volumes, SnapshotService snapshots) {
    this.volumes = volumes;
    this.snapshots = snapshots;
  }

  /** Restores and returns one line about it. */
  public String run(String volume, String snapshot, String target, Progress progress) {
    BlockDevice source = snapshots.open(volume, snapshot);
    VolumeCopy copy = new VolumeCopy(source, new ProgressWatcher(progress));
    // A grant keeps the volume from being deleted meanwhile.
    Grant grant = volumes.issueReadOnly(volume, OpenVolume.ACT + "restore");
    try (Access ignored = volumes.open(grant.export(), () -> {})) {
      VolumeInfo like = volumes.info(volume);
      volumes.create(target, source.sizeBytes(), like.cipher(), like.compression(), copy);
    } finally {
      volumes.revoke(grant.export());
    }
    return "restored " + volume + "@" + snapshot + " to " + target + ", " + copy.copied();
  }
}
