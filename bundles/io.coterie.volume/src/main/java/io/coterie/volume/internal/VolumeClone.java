package io.coterie.volume.internal;

import io.coterie.base.name.Names;
import io.coterie.base.name.Sizes;
import io.coterie.ops.api.Progress;
import io.coterie.volume.api.Access;
import io.coterie.volume.api.Grant;
import io.coterie.volume.api.VolumeInfo;
import io.coterie.volume.api.Watcher;
import java.io.IOException;

/** Makes a new volume that shares what a snapshot holds: nothing is copied. */
public final class VolumeClone {
  private final FileVolumeService volumes;
  private final VolumeSnapshots snapshots;

  public VolumeClone(FileVolumeService volumes, VolumeSnapshots snapshots) {
    this.volumes = volumes;
    this.snapshots = snapshots;
  }

  /**
   * Clones and returns one line about it.
   *
   * @param snapshot of which, or null for the volume as it is now
   */
  public String run(String volume, String snapshot, String target, Progress progress) {
    if (snapshot != null) {
      snapshots.entry(volume, Names.check("snapshot", snapshot));
    }
    Watcher watcher = new ProgressWatcher(progress);
    // A grant keeps the volume from being deleted meanwhile.
    Grant grant = volumes.issueReadOnly(volume, OpenVolume.ACT + "clone");
    VolumeInfo made;
    try (Access ignored = volumes.open(grant.export(), () -> {})) {
      made =
          snapshot == null
              ? cloneNow(volume, target, watcher)
              : volumes.makeClone(volume, snapshot, target, watcher);
    } finally {
      volumes.revoke(grant.export());
    }
    return "cloned "
        + volume
        + (snapshot == null ? "" : "@" + snapshot)
        + " to "
        + target
        + ", which shares "
        + Sizes.format(made.sharedBytes())
        + " with it";
  }

  private VolumeInfo cloneNow(String volume, String target, Watcher watcher) {
    try (VolumeSnapshots.Moment now = snapshots.moment(volume)) {
      return volumes.makeClone(volume, now.name(), target, watcher);
    } catch (IOException e) {
      throw VolumeSnapshots.notStored(volume, e);
    }
  }
}
