package io.coterie.volume.internal.command;

import io.coterie.base.table.Table;
import io.coterie.volume.api.Recipient;
import io.coterie.volume.api.RecipientService;
import java.util.Locale;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** {@code coterie volume recipient list}. */
@Service
@Command(
    scope = "coterie",
    name = "volume-recipient-list",
    description = "Who can open a volume: devices and passphrases",
    detailedDescription = "Example: coterie volume recipient list web")
public final class RecipientListCommand implements Action {
  @Argument(index = 0, name = "volume", description = "The volume's name", required = true)
  @Completion(VolumeNames.class)
  String volume;

  @Option(name = "-o", description = "Output format: table, json or csv")
  @Completion(
      value = StringsCompleter.class,
      values = {"table", "json", "csv"})
  String output = "table";

  @Reference RecipientService recipients;

  @Override
  public Object execute() {
    Table table = new Table("recipient", "kind", "name", "id");
    for (Recipient r : recipients.list(volume)) {
      table.row(r.kind().name().toLowerCase(Locale.ROOT).replace('_', ' '), r.name(), r.id());
    }
    table.print(System.out, output);
    return null;
  }
}
