package io.coterie.mesh.internal.command;

import io.coterie.base.table.Table;
import io.coterie.mesh.api.MeshService;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** {@code coterie mesh status}. */
@Service
@Command(
    scope = "coterie",
    name = "mesh-status",
    description = "Shows where this device listens and who was refused",
    detailedDescription = "Example: coterie mesh status -o json")
public final class MeshStatusCommand implements Action {
  @Option(name = "-o", description = "Output format: table, json or csv")
  @Completion(
      value = StringsCompleter.class,
      values = {"table", "json", "csv"})
  String output = "table";

  @Reference MeshService mesh;

  @Override
  public Object execute() {
    Table table = new Table("mesh", "what", "value");
    table.row("listens", mesh.listenAddress());
    table.row("links", mesh.links().size());
    mesh.refusals().forEach((reason, count) -> table.row("refused " + reason, count));
    table.print(System.out, output);
    return null;
  }
}
