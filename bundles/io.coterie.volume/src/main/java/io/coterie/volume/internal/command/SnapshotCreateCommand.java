package io.coterie.volume.internal.command;

import io.coterie.base.name.Sizes;
import io.coterie.volume.api.SnapshotInfo;
import io.coterie.volume.api.SnapshotService;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie volume snapshot create}. */
@Service
@Command(
    scope = "coterie",
    name = "volume-snapshot-create",
    description = "Keeps a volume as it is now, at once and whatever its size",
    detailedDescription = "Example: coterie volume snapshot create web before-upgrade")
public final class SnapshotCreateCommand implements Action {
  @Argument(index = 0, name = "volume", description = "The volume's name", required = true)
  @Completion(VolumeNames.class)
  String volume;

  @Argument(index = 1, name = "name", description = "The snapshot's name", required = true)
  String name;

  @Option(name = "--description", description = "For people, at most 256 bytes")
  String description = "";

  @Reference SnapshotService snapshots;

  @Override
  public Object execute() {
    SnapshotInfo info = snapshots.create(volume, name, description);
    System.out.println(
        "kept " + volume + "@" + name + ", " + Sizes.format(info.dataBytes()) + " of data");
    return null;
  }
}
