package io.coterie.shell.internal.command;

import io.coterie.base.table.Table;
import java.util.Map;
import java.util.TreeMap;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.api.console.Session;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** {@code coterie help}: the commands that the installed features bring. */
@Service
@Command(
    scope = "coterie",
    name = "help",
    description = "Lists the commands of this device",
    detailedDescription = "Example: coterie help; coterie vm create --help")
public final class HelpCommand implements Action {
  @Option(name = "-o", description = "Output format: table, json or csv")
  @Completion(
      value = StringsCompleter.class,
      values = {"table", "json", "csv"})
  String output = "table";

  @Reference Session session;

  @Override
  public Object execute() {
    Map<String, String> commands = new TreeMap<>();
    for (org.apache.karaf.shell.api.console.Command command : session.getRegistry().getCommands()) {
      if ("coterie".equals(command.getScope())) {
        commands.put(command.getName().replace('-', ' '), command.getDescription());
      }
    }
    Table table = new Table("commands", "command", "description");
    commands.forEach(table::row);
    table.print(System.out, output);
    return null;
  }
}
