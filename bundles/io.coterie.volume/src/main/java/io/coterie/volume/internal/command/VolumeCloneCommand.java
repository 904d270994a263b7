package io.coterie.volume.internal.command;

import io.coterie.base.name.Sizes;
import io.coterie.ops.api.Operations;
import io.coterie.volume.internal.FileVolumeService;
import io.coterie.volume.internal.VolumeClone;
import io.coterie.volume.internal.VolumeSnapshots;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie volume clone}. */
@Service
@Command(
    scope = "coterie",
    name = "volume-clone",
    description = "Makes a writable volume that shares what another one, or a snapshot, holds",
    detailedDescription = "Example: coterie volume clone web web-test --snapshot before-upgrade")
public final class VolumeCloneCommand implements Action {
  @Argument(index = 0, name = "volume", description = "The volume's name", required = true)
  @Completion(VolumeNames.class)
  String volume;

  @Argument(index = 1, name = "target", description = "The new volume's name", required = true)
  String target;

  @Option(name = "--snapshot", description = "A snapshot of it, instead of what it is now")
  String snapshot;

  @Option(name = "--no-wait", description = "Return at once with the operation's id")
  boolean noWait;

  @Option(name = "--plan", description = "Only say what would happen")
  boolean plan;

  @Reference FileVolumeService volumes;
  @Reference VolumeSnapshots snapshots;
  @Reference Operations operations;

  @Override
  public Object execute() throws Exception {
    if (plan) {
      long dataBytes =
          snapshot == null
              ? volumes.info(volume).dataBytes()
              : snapshots.info(volume, snapshot).dataBytes();
      volumes.checkFree(target);
      System.out.println(
          "volume "
              + target
              + " would share "
              + Sizes.format(dataBytes)
              + " of data with "
              + volume
              + "; nothing is copied, and what is written to either is its own");
      return null;
    }
    VolumeClone clone = new VolumeClone(volumes, snapshots);
    FollowedOperation.print(
        operations,
        operations.start(
            "volume-clone", target, progress -> clone.run(volume, snapshot, target, progress)),
        noWait);
    return null;
  }
}
