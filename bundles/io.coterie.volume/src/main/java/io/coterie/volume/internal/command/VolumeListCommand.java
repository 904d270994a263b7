package io.coterie.volume.internal.command;

import io.coterie.base.table.Table;
import io.coterie.volume.api.VolumeInfo;
import io.coterie.volume.api.VolumeService;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** {@code coterie volume list}. */
@Service
@Command(
    scope = "coterie",
    name = "volume-list",
    description = "Lists the volumes of this device",
    detailedDescription = "Example: coterie volume list -o json")
public final class VolumeListCommand implements Action {
  @Option(name = "-o", description = "Output format: table, json or csv")
  @Completion(
      value = StringsCompleter.class,
      values = {"table", "json", "csv"})
  String output = "table";

  @Reference VolumeService volumes;

  @Override
  public Object execute() {
    Table table =
        new Table(
            "volumes",
            "name",
            "size_bytes",
            "data_bytes",
            "stored_bytes",
            "cipher",
            "writer",
            "health");
    for (VolumeInfo v : volumes.list()) {
      table.row(
          v.name(),
          v.sizeBytes(),
          v.dataBytes(),
          v.storedBytes(),
          v.cipher(),
          v.writer(),
          v.health());
    }
    table.print(System.out, output);
    return null;
  }
}
