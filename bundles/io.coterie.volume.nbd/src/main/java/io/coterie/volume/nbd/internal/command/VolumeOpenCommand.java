package io.coterie.volume.nbd.internal.command;

import io.coterie.volume.api.ExportService;
import io.coterie.volume.api.Grant;
import io.coterie.volume.api.VolumeService;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie volume open}. */
@Service
@Command(
    scope = "coterie",
    name = "volume-open",
    description = "Opens a volume for a block device client and prints the URI to use",
    detailedDescription = "Example: coterie volume open data --read-only")
public final class VolumeOpenCommand implements Action {
  @Argument(name = "name", description = "The volume's name", required = true)
  String name;

  @Option(name = "--read-only", description = "The client may not write")
  boolean readOnly;

  @Reference VolumeService volumes;
  @Reference ExportService exports;

  @Override
  public Object execute() {
    Grant grant = readOnly ? volumes.issueReadOnly(name, "client") : volumes.issue(name, "client");
    if (!readOnly) {
      volumes.activate(grant.export());
    }
    System.out.println("nbd+unix:///" + grant.export() + "?socket=" + exports.localSocket());
    return null;
  }
}
