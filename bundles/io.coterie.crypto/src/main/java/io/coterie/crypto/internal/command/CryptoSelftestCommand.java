package io.coterie.crypto.internal.command;

import io.coterie.base.error.ExitCode;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.base.table.Table;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.ProviderReport;
import io.coterie.crypto.internal.Algorithms;
import io.coterie.crypto.internal.SelfTests;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** {@code coterie crypto selftest}. */
@Service
@Command(
    scope = "coterie",
    name = "crypto-selftest",
    description = "Tries every implementation of every algorithm; exit code 1 if one fails",
    detailedDescription = "Example: coterie crypto selftest")
public final class CryptoSelftestCommand implements Action {
  @Option(name = "-o", description = "Output format: table, json or csv")
  @Completion(
      value = StringsCompleter.class,
      values = {"table", "json", "csv"})
  String output = "table";

  @Reference Algorithms algorithms;

  @Override
  public Object execute() {
    SelfTests tests = new SelfTests(new SystemEntropy());
    boolean failed = false;
    Table table = new Table("selftests", "kind", "algorithm", "provider", "result", "detail");
    for (Algorithms.Implementation i : algorithms.all()) {
      String detail = "";
      try {
        tests.run(i.service());
      } catch (CryptoException | RuntimeException e) {
        detail = String.valueOf(e.getMessage());
        failed = true;
      }
      String result = detail.isEmpty() ? "passed" : "failed";
      table.row(i.kind(), i.algorithm(), i.provider(), result, detail);
    }
    for (ProviderReport r : algorithms.refused()) {
      table.row(r.kind(), r.algorithm(), r.provider(), "refused at start", r.detail());
      failed = true;
    }
    table.print(System.out, output);
    return failed ? ExitCode.FAILED.code() : null;
  }
}
