package io.coterie.identity.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.identity.internal.pairing.OperatorVerification;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie pairing confirm}. */
@Service
@Command(
    scope = "coterie",
    name = "pairing-confirm",
    description = "Lets a device in whose words you compared, or refuses it",
    detailedDescription = "Example: coterie pairing confirm 1f2e3d4c5b6a7988 oak-salt-river")
public final class PairingConfirmCommand implements Action {
  @Argument(index = 0, name = "id", description = "As pairing list shows it", required = true)
  String id;

  @Argument(index = 1, name = "words", description = "The words on the other device's screen")
  String words;

  @Option(name = "--refuse", description = "Refuse it")
  boolean refuse;

  @Reference OperatorVerification operator;

  @Override
  public Object execute() {
    boolean same =
        operator.requests().stream().anyMatch(r -> r.id().equals(id) && r.words().equals(words));
    operator.decide(id, !refuse && same);
    if (!refuse && !same) {
      throw CoterieException.of(
          "COT-0324",
          ExitCode.REFUSED,
          "these are not the words that this device computed; the other one was refused",
          "coterie invite");
    }
    System.out.println(refuse ? "refused" : "confirmed");
    return null;
  }
}
