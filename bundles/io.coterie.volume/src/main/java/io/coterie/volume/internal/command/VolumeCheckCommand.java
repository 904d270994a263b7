package io.coterie.volume.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.table.Table;
import io.coterie.volume.api.CheckReport;
import io.coterie.volume.api.VolumeService;
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
    description = "Reads every block of a volume and authenticates it",
    detailedDescription = "Example: coterie volume check web-disk")
public final class VolumeCheckCommand implements Action {
  @Argument(name = "name", description = "The volume's name", required = true)
  @Completion(VolumeNames.class)
  String name;

  @Option(name = "-o", description = "Output format: table, json or csv")
  @Completion(
      value = StringsCompleter.class,
      values = {"table", "json", "csv"})
  String output = "table";

  @Reference VolumeService volumes;

  @Override
  public Object execute() {
    CheckReport report = volumes.check(name);
    new Table("check", "volume", "blocks", "damaged_blocks")
        .row(name, report.blocks(), report.damagedBlocks())
        .print(System.out, output);
    if (report.damagedBlocks() > 0) {
      throw CoterieException.of(
          "COT-0504",
          ExitCode.FAILED,
          report.damagedBlocks() + " blocks are damaged: " + String.join("; ", report.damaged()),
          "put back a copy; the other blocks stay readable");
    }
    return null;
  }
}
