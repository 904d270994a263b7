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

/** {@code coterie volume recipient add}. */
@Service
@Command(
    scope = "coterie",
    name = "volume-recipient-add",
    description = "Lets one more device, or whoever knows a passphrase, open a volume",
    detailedDescription = "Example: coterie volume recipient add web --passphrase safe")
public final class RecipientAddCommand implements Action {
  @Argument(index = 0, name = "volume", description = "The volume's name", required = true)
  @Completion(VolumeNames.class)
  String volume;

  @Option(name = "--device", description = "A device of the coterie")
  String device;

  @Option(name = "--passphrase", description = "The name of a new passphrase")
  String passphrase;

  @Option(name = "--passphrase-file", description = "A file whose first line is the passphrase")
  @Completion(FileCompleter.class)
  String file;

  @Reference RecipientService recipients;
  @Reference Session session;

  @Override
  public Object execute() throws IOException {
    RecipientChoice choice = RecipientChoice.of(device, passphrase);
    if (choice.device()) {
      recipients.addDevice(volume, device);
    } else {
      addPassphrase();
    }
    System.out.println(choice.words() + " can open " + volume);
    return null;
  }

  private void addPassphrase() throws IOException {
    byte[] secret = KeyboardPassphrase.of(session).fresh(file);
    try {
      recipients.addPassphrase(volume, passphrase, secret);
    } finally {
      Arrays.fill(secret, (byte) 0);
    }
  }
}
