package io.coterie.ops.internal.command;

import io.coterie.base.table.Table;
import io.coterie.ops.api.OperationInfo;
import io.coterie.ops.api.Operations;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** {@code coterie op show}. */
@Service
@Command(
    scope = "coterie",
    name = "op-show",
    description = "Shows one operation",
    detailedDescription = "Example: coterie op show op-3")
public final class OpShowCommand implements Action {
  @Argument(name = "id", description = "The operation's id", required = true)
  @Completion(OperationIds.class)
  String id;

  @Option(name = "-o", description = "Output format: table, json or csv")
  @Completion(
      value = StringsCompleter.class,
      values = {"table", "json", "csv"})
  String output = "table";

  @Reference Operations operations;

  @Override
  public Object execute() {
    OperationInfo o = operations.get(id);
    new Table("operation", "id", "kind", "subject", "state", "step", "result", "error")
        .row(
            o.id(),
            o.kind(),
            o.subject(),
            o.state().name().toLowerCase(java.util.Locale.ROOT),
            o.step(),
            o.result(),
            o.failure() == null ? null : o.failure().getMessage())
        .print(System.out, output);
    return null;
  }
}
