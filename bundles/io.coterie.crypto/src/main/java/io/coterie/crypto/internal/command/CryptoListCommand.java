package io.coterie.crypto.internal.command;

import io.coterie.base.table.Table;
import io.coterie.crypto.api.ProcessorFeatures;
import io.coterie.crypto.api.ProviderReport;
import io.coterie.crypto.internal.Algorithms;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** {@code coterie crypto list}. */
@Service
@Command(
    scope = "coterie",
    name = "crypto-list",
    description = "Lists algorithms, who implements them, and the processor's crypto features",
    detailedDescription = "Example: coterie crypto list -o json")
public final class CryptoListCommand implements Action {
  @Option(name = "-o", description = "Output format: table, json or csv")
  @Completion(
      value = StringsCompleter.class,
      values = {"table", "json", "csv"})
  String output = "table";

  @Reference Algorithms algorithms;

  @Override
  public Object execute() {
    Table table = new Table("algorithms", "kind", "algorithm", "provider", "state", "detail");
    for (Algorithms.Implementation i : algorithms.all()) {
      table.row(i.kind(), i.algorithm(), i.provider(), i.serves() ? "serves" : "stands by", "");
    }
    for (ProviderReport r : algorithms.refused()) {
      table.row(r.kind(), r.algorithm(), r.provider(), "refused", r.detail());
    }
    ProcessorFeatures features = ProcessorFeatures.ofThisMachine();
    feature(table, "AES", features.aes());
    feature(table, "SHA1", features.sha1());
    feature(table, "SHA2", features.sha2());
    feature(table, "PMULL", features.pmull());
    table.print(System.out, output);
    return null;
  }

  private static void feature(Table table, String name, boolean present) {
    table.row("processor", name, "hardware", present ? "present" : "absent", "");
  }
}
