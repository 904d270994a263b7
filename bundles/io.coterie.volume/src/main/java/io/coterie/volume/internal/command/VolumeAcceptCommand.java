package io.coterie.volume.internal.command;

import io.coterie.volume.internal.FileVolumeService;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie volume accept}. */
@Service
@Command(
    scope = "coterie",
    name = "volume-accept",
    description = "Takes an older copy of a volume's files as the volume from now on",
    detailedDescription = "Example: coterie volume accept web --yes")
public final class VolumeAcceptCommand implements Action {
  @Argument(name = "name", description = "The volume's name", required = true)
  @Completion(VolumeNames.class)
  String name;

  @Option(name = "--yes", description = "Do it: what was written after the copy is given up")
  boolean yes;

  @Reference FileVolumeService volumes;

  @Override
  public Object execute() {
    Consent.require(
        yes,
        "this gives up what was written to volume " + name + " after these files were copied",
        "coterie volume accept " + name);
    volumes.accept(name);
    System.out.println("volume " + name + " goes on from what its files hold");
    return null;
  }
}
