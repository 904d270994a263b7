package io.coterie.volume.internal.command;

import io.coterie.base.name.Sizes;
import io.coterie.volume.api.VolumeService;
import io.coterie.volume.internal.FileVolumeService;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie volume resize}. */
@Service
@Command(
    scope = "coterie",
    name = "volume-resize",
    description = "Makes a volume larger, also while it is in use",
    detailedDescription = "Example: coterie volume resize web 40G, or +10G")
public final class VolumeResizeCommand implements Action {
  @Argument(index = 0, name = "name", description = "The volume's name", required = true)
  @Completion(VolumeNames.class)
  String name;

  @Argument(
      index = 1,
      name = "size",
      description = "The new size, or how much more behind a +",
      required = true)
  String size;

  @Option(name = "--plan", description = "Only say what would happen")
  boolean plan;

  @Reference VolumeService volumes;

  @Override
  public Object execute() {
    long before = volumes.info(name).sizeBytes();
    long wanted =
        size.startsWith("+") ? before + Sizes.parse(size.substring(1)) : Sizes.parse(size);
    if (plan) {
      FileVolumeService.checkGrowth(name, before, wanted);
      System.out.println(
          "volume "
              + name
              + " would go from "
              + Sizes.format(before)
              + " to "
              + Sizes.format(wanted)
              + "; nothing is copied, and it takes room on the disk as it is written");
      return null;
    }
    volumes.resize(name, wanted);
    System.out.println(
        name
            + " has "
            + Sizes.format(wanted)
            + " now; a client that is connected sees it when it connects again, a guest at its next"
            + " start");
    return null;
  }
}
