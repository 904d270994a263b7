package io.coterie.volume.internal.command;

import io.coterie.base.name.Sizes;
import io.coterie.volume.api.SnapshotService;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie volume snapshot rm}. */
@Service
@Command(
    scope = "coterie",
    name = "volume-snapshot-rm",
    description = "Deletes a snapshot; the volume and other snapshots stay as they are",
    detailedDescription = "Example: coterie volume snapshot rm web before-upgrade --yes")
public final class SnapshotRmCommand implements Action {
  @Argument(index = 0, name = "volume", description = "The volume's name", required = true)
  @Completion(VolumeNames.class)
  String volume;

  @Argument(index = 1, name = "name", description = "The snapshot's name", required = true)
  String name;

  @Option(name = "--yes", description = "Do it: the snapshot cannot be brought back")
  boolean yes;

  @Option(name = "--plan", description = "Only say what would happen")
  boolean plan;

  @Reference SnapshotService snapshots;

  @Override
  public Object execute() {
    if (plan) {
      System.out.println(
          "snapshot "
              + name
              + " of volume "
              + volume
              + " would be deleted for good, and with it "
              + Sizes.format(snapshots.info(volume, name).ownBytes())
              + " that nothing else needs; the volume and other snapshots stay as they are");
      return null;
    }
    Consent.require(
        yes,
        "this deletes snapshot " + name + " of volume " + volume + " for good",
        "coterie volume snapshot rm " + volume + " " + name);
    snapshots.delete(volume, name);
    System.out.println("deleted " + volume + "@" + name);
    return null;
  }
}
