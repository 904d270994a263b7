package io.coterie.identity.internal.command;

import io.coterie.base.table.Table;
import io.coterie.identity.internal.pairing.OperatorVerification;
import io.coterie.mesh.api.PairingRequest;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** {@code coterie pairing list}. */
@Service
@Command(
    scope = "coterie",
    name = "pairing-list",
    description = "Lists devices that wait for your word",
    detailedDescription = "Example: coterie pairing list")
public final class PairingListCommand implements Action {
  @Option(name = "-o", description = "Output format: table, json or csv")
  @Completion(
      value = StringsCompleter.class,
      values = {"table", "json", "csv"})
  String output = "table";

  @Reference OperatorVerification operator;

  @Override
  public Object execute() {
    Table table = new Table("pairings", "id", "name", "device", "words", "remote");
    for (PairingRequest r : operator.requests()) {
      table.row(r.id(), r.name(), r.device().toString(), r.words(), r.remote());
    }
    table.print(System.out, output);
    return null;
  }
}
