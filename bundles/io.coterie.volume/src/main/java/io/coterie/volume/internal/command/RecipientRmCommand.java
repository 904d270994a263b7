package io.coterie.volume.internal.command;

import io.coterie.volume.api.RecipientService;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie volume recipient rm}. */
@Service
@Command(
    scope = "coterie",
    name = "volume-recipient-rm",
    description =
        "Takes the way of a device or a passphrase to a volume away, and gives it a new key",
    detailedDescription = "Example: coterie volume recipient rm web --device old-nas")
public final class RecipientRmCommand implements Action {
  @Argument(index = 0, name = "volume", description = "The volume's name", required = true)
  @Completion(VolumeNames.class)
  String volume;

  @Option(name = "--device", description = "A device of the coterie, or an id")
  String device;

  @Option(name = "--passphrase", description = "The name of the passphrase")
  String passphrase;

  @Reference RecipientService recipients;

  @Override
  public Object execute() {
    RecipientChoice choice = RecipientChoice.of(device, passphrase);
    if (choice.device()) {
      recipients.removeDevice(volume, device);
    } else {
      recipients.removePassphrase(volume, passphrase);
    }
    System.out.println(
        choice.words()
            + " cannot open "
            + volume
            + " any more; what was copied before can still be read with the old key");
    return null;
  }
}
