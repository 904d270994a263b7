package io.coterie.volume.internal.command;

import io.coterie.base.name.Sizes;
import io.coterie.ops.api.Operations;
import io.coterie.volume.api.VolumeInfo;
import io.coterie.volume.internal.FileVolumeService;
import io.coterie.volume.internal.VolumeRepair;
import io.coterie.volume.internal.VolumeSnapshots;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie volume repair}. */
@Service
@Command(
    scope = "coterie",
    name = "volume-repair",
    description = "Saves what can be read of a damaged volume into a new one",
    detailedDescription = "Example: coterie volume repair web web-saved")
public final class VolumeRepairCommand implements Action {
  @Argument(index = 0, name = "volume", description = "The damaged volume", required = true)
  @Completion(VolumeNames.class)
  String volume;

  @Argument(index = 1, name = "target", description = "The new volume's name", required = true)
  String target;

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
      VolumeInfo damaged = volumes.info(volume);
      volumes.checkFree(target);
      System.out.println(
          "what can be read of volume "
              + volume
              + ", up to "
              + Sizes.format(damaged.dataBytes())
              + ", would be copied to a new volume "
              + target
              + " and compared; "
              + volume
              + " itself stays as it is");
      return null;
    }
    VolumeRepair repair = new VolumeRepair(volumes, snapshots);
    FollowedOperation.print(
        operations,
        operations.start("volume-repair", target, progress -> repair.run(volume, target, progress)),
        noWait);
    return null;
  }
}
