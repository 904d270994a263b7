package io.coterie.volume.internal.command;

import io.coterie.base.name.Sizes;
import io.coterie.ops.api.Operations;
import io.coterie.volume.api.SnapshotService;
import io.coterie.volume.internal.FileVolumeService;
import io.coterie.volume.internal.SnapshotRestore;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie volume snapshot restore}. */
@Service
@Command(
    scope = "coterie",
    name = "volume-snapshot-restore",
    description = "Makes a new volume of a snapshot, with keys of its own, and compares it",
    detailedDescription = "Example: coterie volume snapshot restore web before-upgrade web-old")
public final class SnapshotRestoreCommand implements Action {
  @Argument(index = 0, name = "volume", description = "The volume's name", required = true)
  @Completion(VolumeNames.class)
  String volume;

  @Argument(index = 1, name = "name", description = "The snapshot's name", required = true)
  String name;

  @Argument(index = 2, name = "target", description = "The new volume's name", required = true)
  String target;

  @Option(name = "--no-wait", description = "Return at once with the operation's id")
  boolean noWait;

  @Option(name = "--plan", description = "Only say what would happen")
  boolean plan;

  @Reference FileVolumeService volumes;
  @Reference SnapshotService snapshots;
  @Reference Operations operations;

  @Override
  public Object execute() throws Exception {
    if (plan) {
      long dataBytes = snapshots.info(volume, name).dataBytes();
      volumes.checkFree(target);
      System.out.println(
          Sizes.format(dataBytes)
              + " of data of "
              + volume
              + "@"
              + name
              + " would be copied to a new volume "
              + target
              + " with keys of its own, and compared");
      return null;
    }
    snapshots.open(volume, name);
    FollowedOperation.print(
        operations,
        operations.start(
            "volume-restore",
            target,
            progress ->
                new SnapshotRestore(volumes, snapshots).run(volume, name, target, progress)),
        noWait);
    return null;
  }
}
