package io.coterie.ops.internal.command;

import io.coterie.base.device.DeviceHome;
import io.coterie.base.error.ExitCode;
import io.coterie.base.table.OutputFormat;
import io.coterie.base.table.Table;
import io.coterie.ops.api.HealthCheck;
import io.coterie.ops.api.HealthFinding;
import io.coterie.ops.api.HealthFinding.Severity;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** {@code coterie status}. */
@Service
@Command(
    scope = "coterie",
    name = "status",
    description = "Says how this device is and what to do, the verdict first",
    detailedDescription =
        "Example: coterie status -o json; the exit code is 1 when something is critical")
public final class StatusCommand implements Action {
  @Option(name = "-o", description = "Output format: table, json or csv")
  @Completion(
      value = StringsCompleter.class,
      values = {"table", "json", "csv"})
  String output = "table";

  @Reference List<HealthCheck> checks;

  private record Line(String area, HealthFinding finding) {}

  @Override
  public Object execute() {
    List<Line> lines = new ArrayList<>();
    for (HealthCheck check : checks) {
      for (HealthFinding finding : ask(check)) {
        lines.add(new Line(check.area(), finding));
      }
    }
    lines.sort(
        Comparator.comparing((Line l) -> l.finding().severity())
            .reversed()
            .thenComparing(Line::area));
    Severity worst = lines.isEmpty() ? Severity.GOOD : lines.get(0).finding().severity();
    Table table = new Table("findings", "area", "state", "what", "next");
    for (Line line : lines) {
      HealthFinding f = line.finding();
      String next = f.next().isEmpty() ? null : f.next();
      table.row(line.area(), f.severity().name().toLowerCase(Locale.ROOT), f.what(), next);
    }
    if (OutputFormat.parse(output) == OutputFormat.TABLE) {
      System.out.println("device " + DeviceHome.ofThisProcess().name() + ": " + verdict(worst));
    }
    table.print(System.out, output);
    return worst == Severity.CRITICAL ? ExitCode.FAILED.code() : null;
  }

  private static List<HealthFinding> ask(HealthCheck check) {
    try {
      return check.check();
    } catch (RuntimeException e) {
      return List.of(
          HealthFinding.critical("its health check failed: " + e, "coterie device logs"));
    }
  }

  private static String verdict(Severity worst) {
    return switch (worst) {
      case GOOD -> "all good";
      case WARNING -> "works, but look at the warnings";
      case CRITICAL -> "something does not work";
    };
  }
}
