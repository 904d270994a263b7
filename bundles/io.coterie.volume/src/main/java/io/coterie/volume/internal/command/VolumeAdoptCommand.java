package io.coterie.volume.internal.command;

import io.coterie.volume.api.RecipientService;
import java.io.IOException;
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

/** {@code coterie volume adopt}. */
@Service
@Command(
    scope = "coterie",
    name = "volume-adopt",
    description = "Lets this device open a volume of another one, by a passphrase of the volume",
    detailedDescription = "Example: coterie volume adopt web")
public final class VolumeAdoptCommand implements Action {
  @Argument(index = 0, name = "volume", description = "The volume's name", required = true)
  @Completion(VolumeNames.class)
  String volume;

  @Option(name = "--passphrase-file", description = "A file whose first line is the passphrase")
  @Completion(FileCompleter.class)
  String file;

  @Reference RecipientService recipients;
  @Reference Session session;

  @Override
  public Object execute() throws IOException {
    byte[] secret = KeyboardPassphrase.of(session).existing(file);
    try {
      recipients.adopt(volume, secret);
    } finally {
      Arrays.fill(secret, (byte) 0);
    }
    System.out.println("this device can open " + volume);
    return null;
  }
}
