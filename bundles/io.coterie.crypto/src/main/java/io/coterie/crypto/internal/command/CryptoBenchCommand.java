package io.coterie.crypto.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.base.table.Table;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.internal.Algorithms;
import io.coterie.crypto.internal.Bench;
import java.util.List;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** {@code coterie crypto bench}. */
@Service
@Command(
    scope = "coterie",
    name = "crypto-bench",
    description = "Measures every implementation in processor time of one thread",
    detailedDescription = "Example: coterie crypto bench --millis 50 -o csv")
public final class CryptoBenchCommand implements Action {
  private static final int MAX_MILLIS = 1000;
  private static final String SHA_256 = "SHA-256";

  @Option(name = "--millis", description = "Length of each of nine windows, 1 to 1000")
  int millis = 20;

  @Option(name = "--algorithm", description = "Only this algorithm, as crypto list names it")
  String algorithm;

  @Option(name = "-o", description = "Output format: table, json or csv")
  @Completion(
      value = StringsCompleter.class,
      values = {"table", "json", "csv"})
  String output = "table";

  @Reference Algorithms algorithms;

  @Override
  public Object execute() throws CryptoException {
    if (millis < 1 || millis > MAX_MILLIS) {
      throw CoterieException.of(
          "COT-0205",
          ExitCode.USAGE,
          "a window of " + millis + " ms is out of bounds",
          "coterie crypto bench --millis 20");
    }
    Bench bench = new Bench(new SystemEntropy(), millis);
    Table table =
        new Table("speeds", "kind", "algorithm", "provider", "operation", "us_cpu", "mb_per_s");
    for (Algorithms.Implementation i : algorithms.all()) {
      if (wanted(i.algorithm())) {
        rows(table, i.kind(), i.algorithm(), i.provider(), bench.measure(i.service()));
      }
    }
    if (wanted(SHA_256)) {
      rows(table, "digest", SHA_256, "JDK", bench.measureSha256());
    }
    table.print(System.out, output);
    return null;
  }

  private boolean wanted(String name) {
    return algorithm == null || algorithm.equals(name);
  }

  private static void rows(
      Table table, String kind, String algorithm, String provider, List<Bench.Result> results) {
    for (Bench.Result r : results) {
      table.row(
          kind,
          algorithm,
          provider,
          r.operation(),
          Math.round(r.micros() * 100) / 100.0,
          r.megabytesPerSecond() == null ? null : Math.round(r.megabytesPerSecond()));
    }
  }
}
