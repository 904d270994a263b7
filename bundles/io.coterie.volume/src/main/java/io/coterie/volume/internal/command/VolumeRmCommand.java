package io.coterie.volume.internal.command;

import io.coterie.base.name.Sizes;
import io.coterie.volume.api.VolumeInfo;
import io.coterie.volume.api.VolumeService;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie volume rm}. */
@Service
@Command(
    scope = "coterie",
    name = "volume-rm",
    description = "Deletes a volume that nobody uses, for good",
    detailedDescription = "Example: coterie volume rm data --yes")
public final class VolumeRmCommand implements Action {
  @Argument(name = "name", description = "The volume's name", required = true)
  @Completion(VolumeNames.class)
  String name;

  @Option(name = "--yes", description = "Do it: the data cannot be brought back")
  boolean yes;

  @Option(name = "--take-over", description = "Also from a writer that is not connected")
  boolean takeOver;

  @Option(name = "--plan", description = "Only say what would happen")
  boolean plan;

  @Reference VolumeService volumes;

  @Override
  public Object execute() {
    if (plan) {
      return plan(volumes.info(name));
    }
    Consent.require(
        yes, "this deletes the data of volume " + name + " for good", "coterie volume rm " + name);
    if (takeOver) {
      volumes.deleteFromWriter(name);
    } else {
      volumes.delete(name);
    }
    System.out.println("deleted " + name);
    return null;
  }

  private static Object plan(VolumeInfo v) {
    System.out.println(
        "volume "
            + v.name()
            + " would be deleted for good with "
            + Sizes.format(v.dataBytes())
            + " of data, "
            + v.snapshots()
            + " snapshots and its keys; "
            + Sizes.format(v.storedBytes() - v.sharedBytes())
            + " of the disk would be free");
    System.out.println(
        v.writer() == null
            ? "nobody has the right to write it"
            : v.writer()
                + " has the right to write it, which must end first: stop it, or --take-over when it"
                + " is not connected");
    return null;
  }
}
