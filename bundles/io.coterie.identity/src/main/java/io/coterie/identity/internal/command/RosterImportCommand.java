package io.coterie.identity.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.file.SafeFiles;
import io.coterie.identity.internal.RosterKeeper;
import io.coterie.identity.internal.roster.RosterFile;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.FileCompleter;

/** {@code coterie roster import}. */
@Service
@Command(
    scope = "coterie",
    name = "roster-import",
    description = "Takes new entries from a file that another device exported",
    detailedDescription = "Example: coterie roster import /media/stick/home.roster")
public final class RosterImportCommand implements Action {
  @Argument(name = "file", description = "As roster export wrote it", required = true)
  @Completion(FileCompleter.class)
  String file;

  @Reference RosterKeeper keeper;

  @Override
  public Object execute() {
    try {
      int taken =
          keeper.bringBack(
              RosterFile.decode(SafeFiles.readBounded(Path.of(file), RosterFile.MAX_BYTES)));
      System.out.println(taken + " new entries");
    } catch (IOException e) {
      throw CoterieException.of(
          "COT-0332",
          ExitCode.USAGE,
          "the file is no roster: " + e.getMessage(),
          "coterie roster export FILE (on another device)",
          e);
    }
    return null;
  }
}
