package io.coterie.volume.internal.command;

import io.coterie.base.table.Table;
import io.coterie.volume.api.SnapshotService;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** {@code coterie volume snapshot diff}. */
@Service
@Command(
    scope = "coterie",
    name = "volume-snapshot-diff",
    description = "Where a later snapshot differs from an earlier one",
    detailedDescription = "Example: coterie volume snapshot diff web monday tuesday")
public final class SnapshotDiffCommand implements Action {
  private static final int MAX_ROWS = 10_000;

  @Argument(index = 0, name = "volume", description = "The volume's name", required = true)
  @Completion(VolumeNames.class)
  String volume;

  @Argument(index = 1, name = "from", description = "The earlier snapshot", required = true)
  String from;

  @Argument(index = 2, name = "to", description = "The later snapshot", required = true)
  String to;

  @Option(name = "-o", description = "Output format: table, json or csv")
  @Completion(
      value = StringsCompleter.class,
      values = {"table", "json", "csv"})
  String output = "table";

  @Reference SnapshotService snapshots;

  @Override
  public Object execute() {
    Table table = new Table("difference", "offset", "bytes", "now");
    long[] total = new long[2];
    snapshots.difference(
        volume,
        to,
        from,
        (offset, lengthBytes, hasData) -> {
          total[0] += lengthBytes;
          if (total[1]++ < MAX_ROWS) {
            table.row(offset, lengthBytes, hasData ? "data" : "zeroes");
          }
        });
    table.print(System.out, output);
    System.err.println(total[0] + " bytes in " + total[1] + " places differ");
    if (total[1] > MAX_ROWS) {
      System.err.println("only the first " + MAX_ROWS + " places are shown");
    }
    return null;
  }
}
