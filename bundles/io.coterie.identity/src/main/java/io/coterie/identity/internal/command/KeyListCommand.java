package io.coterie.identity.internal.command;

import io.coterie.base.table.Table;
import io.coterie.crypto.api.KeyReport;
import io.coterie.identity.internal.HeldKeys;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** {@code coterie key list}. */
@Service
@Command(
    scope = "coterie",
    name = "key-list",
    description = "Lists the keys that this device holds, by fingerprint",
    detailedDescription = "Example: coterie key list -o json")
public final class KeyListCommand implements Action {
  @Option(name = "-o", description = "Output format: table, json or csv")
  @Completion(
      value = StringsCompleter.class,
      values = {"table", "json", "csv"})
  String output = "table";

  @Reference HeldKeys keys;

  @Override
  public Object execute() {
    Table table = new Table("keys", "id", "use", "algorithm", "fingerprint", "detail");
    for (KeyReport key : keys.all()) {
      table.row(key.id(), key.use(), key.algorithm(), key.fingerprint(), key.detail());
    }
    table.print(System.out, output);
    return null;
  }
}
