package io.coterie.volume.internal;

import io.coterie.ops.api.Progress;
import io.coterie.volume.api.Access;
import io.coterie.volume.api.BlockDevice;
import io.coterie.volume.api.Grant;
import io.coterie.volume.api.VolumeInfo;

/** Saves what can be read of a damaged volume into a new one; the damaged one stays as it is. */
public final class VolumeRepair {
  private final FileVolumeService volumes;
  private final VolumeSnapshots snapshots;

  public VolumeRepair(FileVolumeService volumes, VolumeSnapshots snapshots) {
    this.volumes = volumes;
    this.snapshots = snapshots;
  }

  /** Copies and returns one line about it. */
  public String run(String volume, String target, Progress progress) {
    Grant grant = volumes.issueReadOnly(volume, OpenVolume.ACT + "repair");
    try (Access access = volumes.open(grant.export(), () -> {})) {
      return snapshots.atOneMoment(
          volume, access.device(), now -> save(volume, now, target, progress));
    } finally {
      volumes.revoke(grant.export());
    }
  }

  private String save(String volume, BlockDevice source, String target, Progress progress) {
    Salvage salvage = new Salvage(source);
    VolumeCopy copy = new VolumeCopy(salvage, new ProgressWatcher(progress));
    VolumeInfo like = volumes.info(volume);
    volumes.create(target, source.sizeBytes(), like.cipher(), like.compression(), copy);
    return "saved "
        + copy.copied()
        + " of "
        + volume
        + " to "
        + target
        + "; "
        + salvage.lostWords();
  }
}
