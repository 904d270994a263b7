package io.coterie.volume.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;

/** Which recipient a command means. */
record RecipientChoice(boolean device, String name) {
  /** One of both must be given, and the other null: COT-0541. */
  static RecipientChoice of(String device, String passphrase) {
    if ((device == null) == (passphrase == null)) {
      throw CoterieException.of(
          "COT-0541",
          ExitCode.USAGE,
          "a recipient is either a device or a passphrase",
          "--device NAME or --passphrase NAME");
    }
    return new RecipientChoice(device != null, device != null ? device : passphrase);
  }

  String words() {
    return (device ? "device " : "whoever knows passphrase ") + name;
  }
}
