package io.coterie.volume.internal.command;

import io.coterie.ops.api.Operations;
import io.coterie.ops.api.Progress;
import io.coterie.volume.internal.VolumeArchives;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.api.console.Session;
import org.apache.karaf.shell.support.completers.FileCompleter;

/** {@code coterie volume unarchive}. */
@Service
@Command(
    scope = "coterie",
    name = "volume-unarchive",
    description = "Reads an archive into a new volume, or what changed into the one it belongs to",
    detailedDescription = "Example: coterie volume unarchive /backup/web.cot web")
public final class VolumeUnarchiveCommand implements Action {
  @Argument(index = 0, name = "file", description = "The archive", required = true)
  @Completion(FileCompleter.class)
  String file;

  @Argument(index = 1, name = "volume", description = "The volume's name", required = true)
  @Completion(VolumeNames.class)
  String volume;

  @Option(name = "--discard", description = "Give up what was written since the last archive")
  boolean discard;

  @Option(name = "--passphrase", description = "Open it by a passphrase of the archived volume")
  boolean passphrase;

  @Option(name = "--passphrase-file", description = "A file whose first line is the passphrase")
  @Completion(FileCompleter.class)
  String passphraseFile;

  @Option(name = "--no-wait", description = "Return at once with the operation's id")
  boolean noWait;

  @Reference VolumeArchives archives;
  @Reference Operations operations;
  @Reference Session session;

  @Override
  public Object execute() throws Exception {
    Path source = Path.of(file).toAbsolutePath();
    byte[] secret = secret();
    FollowedOperation.print(
        operations,
        operations.start("volume-unarchive", volume, progress -> read(source, secret, progress)),
        noWait);
    return null;
  }

  private byte[] secret() throws Exception {
    if (!passphrase && passphraseFile == null) {
      return null;
    }
    return KeyboardPassphrase.of(session).existing(passphraseFile);
  }

  private String read(Path source, byte[] secret, Progress progress) {
    try {
      return archives.read(source, volume, secret, discard, progress);
    } finally {
      if (secret != null) {
        Arrays.fill(secret, (byte) 0);
      }
    }
  }
}
