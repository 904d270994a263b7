package io.coterie.vault.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.table.Table;
import io.coterie.vault.internal.VaultService;
import java.util.Optional;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** {@code coterie vault show}. */
@Service
@Command(
    scope = "coterie",
    name = "vault-show",
    description = "Shows what this device's keys are locked with, and whether they are locked",
    detailedDescription = "Example: coterie vault show -o json")
public final class VaultShowCommand implements Action {
  @Option(name = "-o", description = "Output format: table, json or csv")
  @Completion(
      value = StringsCompleter.class,
      values = {"table", "json", "csv"})
  String output = "table";

  @Reference VaultService service;

  @Override
  public Object execute() {
    Optional<CoterieException> reason = service.reason();
    Table table = new Table("ways", "way", "state", "why");
    for (String way : service.vault().ways()) {
      String state = service.vault().open() ? "open" : "locked";
      table.row(way, state, reason.map(CoterieException::what).orElse(null));
    }
    table.print(System.out, output);
    return null;
  }
}
