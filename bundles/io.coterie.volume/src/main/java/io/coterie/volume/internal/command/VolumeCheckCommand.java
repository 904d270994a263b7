package io.coterie.volume.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.table.Table;
import io.coterie.ops.api.OperationInfo;
import io.coterie.ops.api.Operations;
import io.coterie.ops.api.Progress;
import io.coterie.volume.api.CheckReport;
import io.coterie.volume.api.CheckReport.Finding;
import io.coterie.volume.internal.FileVolumeService;
import io.coterie.volume.internal.ProgressWatcher;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** {@code coterie volume check}. */
@Service
@Command(
    scope = "coterie",
    name = "volume-check",
    description = "Reads every block of a volume and its snapshots and authenticates it",
    detailedDescription = "Example: coterie volume check web-disk")
public final class VolumeCheckCommand implements Action {
  private static final long WAIT_MILLIS = 24 * 3_600_000L;

  @Argument(name = "name", description = "The volume's name", required = true)
  @Completion(VolumeNames.class)
  String name;

  @Option(name = "--no-wait", description = "Return at once with the operation's id")
  boolean noWait;

  @Option(name = "-o", description = "Output format: table, json or csv")
  @Completion(
      value = StringsCompleter.class,
      values = {"table", "json", "csv"})
  String output = "table";

  @Reference FileVolumeService volumes;
  @Reference Operations operations;

  @Override
  public Object execute() throws Exception {
    AtomicReference<CheckReport> report = new AtomicReference<>();
    OperationInfo started =
        operations.start("volume-check", name, progress -> check(progress, report));
    if (noWait) {
      System.out.println(started.id());
      return null;
    }
    try {
      operations.follow(started.id(), WAIT_MILLIS, System.err::println);
    } finally {
      if (report.get() != null) {
        show(report.get());
      }
    }
    return null;
  }

  private String check(Progress progress, AtomicReference<CheckReport> result) {
    CheckReport report = volumes.check(name, new ProgressWatcher(progress));
    result.set(report);
    if (report.damagedBlocks() > 0) {
      throw CoterieException.of(
          "COT-0504",
          ExitCode.FAILED,
          report.damagedBlocks()
              + " blocks are damaged: "
              + report.findings().stream().map(Finding::what).collect(Collectors.joining("; ")),
          report.findings().get(0).next());
    }
    return report.blocks() + " blocks are good";
  }

  private void show(CheckReport report) {
    if (report.findings().isEmpty()) {
      new Table("check", "volume", "blocks", "damaged_blocks")
          .row(name, report.blocks(), report.damagedBlocks())
          .print(System.out, output);
      return;
    }
    Table table = new Table("check", "severity", "what", "next");
    for (Finding finding : report.findings()) {
      table.row(finding.severity().name().toLowerCase(Locale.ROOT), finding.what(), finding.next());
    }
    table.print(System.out, output);
  }
}
