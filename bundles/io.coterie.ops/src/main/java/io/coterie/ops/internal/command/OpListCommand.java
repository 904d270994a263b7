package io.coterie.ops.internal.command;

import io.coterie.base.table.Table;
import io.coterie.ops.api.OperationInfo;
import io.coterie.ops.api.Operations;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** {@code coterie op list}. */
@Service
@Command(
    scope = "coterie",
    name = "op-list",
    description = "Lists operations that run or ended lately",
    detailedDescription = "Example: coterie op list -o json")
public final class OpListCommand implements Action {
  @Option(name = "-o", description = "Output format: table, json or csv")
  @Completion(
      value = StringsCompleter.class,
      values = {"table", "json", "csv"})
  String output = "table";

  @Reference Operations operations;

  @Override
  public Object execute() {
    Table table =
        new Table("operations", "id", "kind", "subject", "state", "percent", "step", "elapsed_ms");
    for (OperationInfo o : operations.list()) {
      table.row(
          o.id(),
          o.kind(),
          o.subject(),
          o.state().name().toLowerCase(java.util.Locale.ROOT),
          o.percent() < 0 ? null : o.percent(),
          o.ended() && o.failure() != null ? o.failure().what() : o.step(),
          o.elapsedMillis());
    }
    table.print(System.out, output);
    return null;
  }
}
