package io.coterie.ops.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.table.Table;
import io.coterie.ops.internal.AuditEntry;
import io.coterie.ops.internal.AuditFile;
import java.util.List;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** {@code coterie audit tail}. */
@Service
@Command(
    scope = "coterie",
    name = "audit-tail",
    description = "Shows who was let in, turned away or put out, and whether the log is whole",
    detailedDescription = "Example: coterie audit tail --lines 100 -o csv")
public final class AuditTailCommand implements Action {
  private static final int MAX_LINES = 10_000;

  @Option(name = "--lines", description = "How many entries, 1 to 10000")
  int lines = 20;

  @Option(name = "-o", description = "Output format: table, json or csv")
  @Completion(
      value = StringsCompleter.class,
      values = {"table", "json", "csv"})
  String output = "table";

  @Reference AuditFile audit;

  @Override
  public Object execute() throws Exception {
    if (lines < 1 || lines > MAX_LINES) {
      throw CoterieException.of(
          "COT-0115", ExitCode.USAGE, lines + " lines", "coterie audit tail --lines 20");
    }
    List<String> newest = audit.lines(lines);
    Table table = new Table("entries", "n", "at", "event", "subject", "detail");
    for (String line : newest) {
      AuditEntry e = AuditEntry.parse(line);
      if (e != null) {
        table.row(e.number(), e.at(), e.event(), e.subject(), e.detail());
      }
    }
    table.print(System.out, output);
    long broken = AuditFile.brokenAt(newest);
    if (broken >= 0) {
      throw CoterieException.of(
          "COT-0116",
          ExitCode.FAILED,
          "the audit log was altered: entry " + broken + " does not follow the one before",
          "compare log/audit*.log with a copy");
    }
    return null;
  }
}
