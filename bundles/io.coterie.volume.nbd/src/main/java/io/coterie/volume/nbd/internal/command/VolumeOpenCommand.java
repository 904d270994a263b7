package io.coterie.volume.nbd.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
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

  @Option(name = "--take-over", description = "End the right of the present writer")
  boolean takeOver;

  @Reference VolumeService volumes;
  @Reference ExportService exports;

  @Override
  public Object execute() {
    String writer = volumes.info(name).writer();
    if (!readOnly && writer != null && !takeOver) {
      throw CoterieException.of(
          "COT-0527",
          ExitCode.REFUSED,
          writer + " has the right to write volume " + name,
          "--read-only, or --take-over to end that right");
    }
    Grant grant = readOnly ? volumes.issueReadOnly(name, "client") : volumes.issue(name, "client");
    if (!readOnly) {
      volumes.activate(grant.export());
    }
    System.out.println("nbd+unix:///" + grant.export() + "?socket=" + exports.localSocket());
    return null;
  }
}
