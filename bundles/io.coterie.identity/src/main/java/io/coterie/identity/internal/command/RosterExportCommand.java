package io.coterie.identity.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.file.SafeFiles;
import io.coterie.identity.internal.RosterKeeper;
import io.coterie.identity.internal.roster.RosterFile;
import io.coterie.identity.internal.roster.RosterTree;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.FileCompleter;

/** {@code coterie roster export}. */
@Service
@Command(
    scope = "coterie",
    name = "roster-export",
    description = "Writes the roster to a file, for a device that no link reaches",
    detailedDescription = "Example: coterie roster export /media/stick/home.roster")
public final class RosterExportCommand implements Action {
  @Argument(name = "file", description = "A file that does not exist yet", required = true)
  @Completion(FileCompleter.class)
  String file;

  @Reference RosterKeeper keeper;

  @Override
  public Object execute() {
    keeper.state();
    Path path = Path.of(file);
    try {
      if (Files.exists(path)) {
        throw new FileAlreadyExistsException(file);
      }
      SafeFiles.replace(path, RosterFile.encode(keeper.look(RosterTree::entries)));
    } catch (IOException e) {
      throw CoterieException.of(
          "COT-0331",
          ExitCode.FAILED,
          "the roster could not be written to " + file + ": " + e,
          "another file",
          e);
    }
    System.out.println("written to " + file);
    return null;
  }
}
