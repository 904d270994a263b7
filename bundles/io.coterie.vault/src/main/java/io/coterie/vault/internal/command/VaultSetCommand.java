package io.coterie.vault.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.prompt.PassphraseInput;
import io.coterie.base.prompt.Prompt;
import io.coterie.vault.internal.Protection;
import io.coterie.vault.internal.VaultService;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.api.console.Session;
import org.apache.karaf.shell.support.completers.FileCompleter;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** {@code coterie vault set}. */
@Service
@Command(
    scope = "coterie",
    name = "vault-set",
    description = "Locks the keys of this device with something else from now on",
    detailedDescription = "Example: coterie vault set tpm --pcrs sha256:7")
public final class VaultSetCommand implements Action {
  @Argument(name = "METHOD", required = true, description = "keyfile, passphrase or tpm")
  @Completion(
      value = StringsCompleter.class,
      values = {"keyfile", "passphrase", "tpm"})
  String method;

  @Option(name = "--key-file", description = "keyfile: where, for instance on a stick")
  @Completion(FileCompleter.class)
  String keyFile;

  @Option(name = "--pcrs", description = "tpm: the registers that count")
  String pcrs = Protection.TpmState.DEFAULT_PCRS;

  @Option(name = "--tcti", description = "tpm: where it is")
  String tcti = Protection.TpmState.DEFAULT_TCTI;

  @Option(
      name = "--no-passphrase",
      description = "tpm: no second way; if the TPM refuses, the keys are lost")
  boolean noPassphrase;

  @Option(name = "--passphrase-file", description = "A file whose first line is the passphrase")
  @Completion(FileCompleter.class)
  String file;

  @Reference VaultService service;
  @Reference Session session;

  @Override
  public Object execute() throws Exception {
    service.reason().ifPresent(VaultSetCommand::refuse);
    boolean typed = method.equals("passphrase") || (method.equals("tpm") && !noPassphrase);
    byte[] passphrase =
        typed
            ? new PassphraseInput(Prompt.of(session.getKeyboard(), session.get(Prompt.HIDING)))
                .fresh(file)
            : new byte[0];
    try {
      service.protect(ways(passphrase, typed));
    } finally {
      Arrays.fill(passphrase, (byte) 0);
    }
    System.out.println("locked with: " + String.join(", or ", service.vault().ways()));
    return null;
  }

  private static void refuse(CoterieException reason) {
    throw reason;
  }

  private List<Protection> ways(byte[] passphrase, boolean typed) {
    List<Protection> ways = new ArrayList<>();
    switch (method) {
      case "keyfile" -> ways.add(new Protection.KeyFile(keyFile == null ? null : Path.of(keyFile)));
      case "tpm" -> ways.add(new Protection.TpmState(tcti, pcrs));
      case "passphrase" -> {
        // the passphrase alone
      }
      default ->
          throw CoterieException.of(
              "COT-0345",
              ExitCode.USAGE,
              "'" + method + "' is no way to lock keys",
              "coterie vault set keyfile|passphrase|tpm");
    }
    if (typed) {
      ways.add(new Protection.Passphrase(passphrase));
    }
    return ways;
  }
}
