package io.coterie.volume.internal.command;

import io.coterie.ops.api.Operations;
import io.coterie.volume.internal.VolumeArchives;
import java.nio.file.Path;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.FileCompleter;

/** {@code coterie volume archive}. */
@Service
@Command(
    scope = "coterie",
    name = "volume-archive",
    description =
        "Writes a snapshot, or what changed since another, into a file for the recipients of the volume",
    detailedDescription = "Example: coterie volume archive web /backup/web.cot --snapshot monday")
public final class VolumeArchiveCommand implements Action {
  @Argument(index = 0, name = "volume", description = "The volume's name", required = true)
  @Completion(VolumeNames.class)
  String volume;

  @Argument(index = 1, name = "file", description = "The file to write", required = true)
  @Completion(FileCompleter.class)
  String file;

  @Option(name = "--snapshot", description = "What to write, instead of what the volume is now")
  String snapshot;

  @Option(name = "--since", description = "Only what is not as in this older snapshot")
  String since;

  @Option(name = "--no-wait", description = "Return at once with the operation's id")
  boolean noWait;

  @Reference VolumeArchives archives;
  @Reference Operations operations;

  @Override
  public Object execute() throws Exception {
    Path target = Path.of(file).toAbsolutePath();
    FollowedOperation.print(
        operations,
        operations.start(
            "volume-archive",
            volume,
            progress -> archives.write(volume, snapshot, since, target, progress)),
        noWait);
    return null;
  }
}
