package io.coterie.volume.internal.command;

import io.coterie.base.prompt.PassphraseInput;
import io.coterie.base.prompt.Prompt;
import org.apache.karaf.shell.api.console.Session;

/** Where a command gets a passphrase from: the keyboard of its session, or a file. */
final class KeyboardPassphrase {
  private KeyboardPassphrase() {}

  static PassphraseInput of(Session session) {
    return new PassphraseInput(Prompt.of(session.getKeyboard(), session.get(Prompt.HIDING)));
  }
}
