package io.coterie.volume.internal.command;

import io.coterie.base.table.Table;
import io.coterie.volume.api.SnapshotInfo;
import io.coterie.volume.api.SnapshotService;
import java.time.Instant;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** {@code coterie volume snapshot list}. */
@Service
@Command(
    scope = "coterie",
    name = "volume-snapshot-list",
    description = "The snapshots of a volume, the oldest first",
    detailedDescription = "Example: coterie volume snapshot list web")
public final class SnapshotListCommand implements Action {
  @Argument(name = "volume", description = "The volume's name", required = true)
  @Completion(VolumeNames.class)
  String volume;

  @Option(name = "-o", description = "Output format: table, json or csv")
  @Completion(
      value = StringsCompleter.class,
      values = {"table", "json", "csv"})
  String output = "table";

  @Reference SnapshotService snapshots;

  @Override
  public Object execute() {
    Table table =
        new Table("snapshot", "name", "created", "data_bytes", "own_bytes", "description");
    for (SnapshotInfo s : snapshots.list(volume)) {
      table.row(
          s.name(),
          Instant.ofEpochMilli(s.createdMillis()),
          s.dataBytes(),
          s.ownBytes(),
          s.description());
    }
    table.print(System.out, output);
    return null;
  }
}
