package io.coterie.vault.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.prompt.PassphraseInput;
import io.coterie.base.prompt.Prompt;
import io.coterie.vault.internal.VaultService;
import java.util.Arrays;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.api.console.Session;
import org.apache.karaf.shell.support.completers.FileCompleter;

/** {@code coterie vault unlock}. */
@Service
@Command(
    scope = "coterie",
    name = "vault-unlock",
    description = "Opens the keys of this device: by key file or TPM, else asks for the passphrase",
    detailedDescription = "Example: coterie vault unlock --passphrase-file /run/secret")
public final class VaultUnlockCommand implements Action {
  private static final String NEEDS_PASSPHRASE = "COT-0340";

  @Option(name = "--passphrase-file", description = "A file whose first line is the passphrase")
  @Completion(FileCompleter.class)
  String file;

  @Reference VaultService service;
  @Reference Session session;

  @Override
  public Object execute() throws Exception {
    if (service.vault().open()) {
      System.out.println("the keys are open already");
      return null;
    }
    try {
      service.openAlone();
    } catch (CoterieException e) {
      if (!e.code().equals(NEEDS_PASSPHRASE)) {
        throw e;
      }
      byte[] passphrase =
          new PassphraseInput(Prompt.of(session.getKeyboard(), session.get(Prompt.HIDING)))
              .existing(file);
      try {
        service.openWith(passphrase);
      } finally {
        Arrays.fill(passphrase, (byte) 0);
      }
    }
    System.out.println("the keys are open; next: coterie status");
    return null;
  }
}
