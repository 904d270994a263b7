package io.coterie.volume.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.ops.api.Operations;
import io.coterie.ops.api.Progress;
import io.coterie.volume.api.CheckReport;
import io.coterie.volume.internal.ProgressWatcher;
import io.coterie.volume.internal.VolumeScrubs;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie volume scrub}. */
@Service
@Command(
    scope = "coterie",
    name = "volume-scrub",
    description = "Reads every block of a volume slowly, beside its work",
    detailedDescription = "Example: coterie volume scrub web --no-wait")
public final class VolumeScrubCommand implements Action {
  @Argument(name = "name", description = "The volume's name", required = true)
  @Completion(VolumeNames.class)
  String name;

  @Option(name = "--no-wait", description = "Return at once with the operation's id")
  boolean noWait;

  @Reference VolumeScrubs scrubs;
  @Reference Operations operations;

  @Override
  public Object execute() throws Exception {
    FollowedOperation.print(operations, operations.start("volume-scrub", name, this::run), noWait);
    return null;
  }

  private String run(Progress progress) {
    CheckReport report = scrubs.scrub(name, new ProgressWatcher(progress));
    if (report.damagedBlocks() > 0) {
      throw CoterieException.of(
          "COT-0504",
          ExitCode.FAILED,
          report.damagedBlocks() + " blocks of " + name + " are damaged",
          "coterie volume check " + name + " names them");
    }
    return report.blocks() + " blocks are good";
  }
}
