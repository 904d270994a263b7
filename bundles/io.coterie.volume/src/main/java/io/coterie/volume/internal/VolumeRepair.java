package io.coterie.volume.internal;

import io.coterie.ops.api.Progress;
import io.coterie.volume.api.Access;
import io.coterie.volume.api.BlockDevice;
import io.coterie.volume.api.Grant;
import io.coterie.volume.api.VolumeInfo;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Saves what can be read of a damaged volume into a new one; the damaged one stays as it is. */
public final class VolumeRepair {
  private static final Logger LOG = LoggerFactory.getLogger(VolumeRepair.class);

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
      return saveMoment(volume, access.device(), target, progress);
    } finally {
      volumes.revoke(grant.export());
    }
  }

  /** One that takes no snapshot any more is copied as it is. */
  private String saveMoment(String volume, BlockDevice live, String target, Progress progress) {
    VolumeSnapshots.Moment moment;
    try {
      moment = snapshots.moment(volume);
    } catch (IOException e) {
      LOG.warn("COT-0533 {} is saved as it goes, not at one moment: {}", volume, e.getMessage());
      return save(volume, live, target, progress);
    }
    try (moment) {
      return save(volume, moment.device(), target, progress);
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
