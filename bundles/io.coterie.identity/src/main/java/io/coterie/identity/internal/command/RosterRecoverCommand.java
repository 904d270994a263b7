package io.coterie.identity.internal.command;

import io.coterie.base.prompt.Prompt;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.identity.internal.RecoveryCode;
import io.coterie.identity.internal.RosterKeeper;
import io.coterie.identity.internal.Signing;
import io.coterie.identity.internal.roster.Change;
import io.coterie.identity.internal.roster.Entry;
import io.coterie.identity.internal.roster.EntrySignature;
import io.coterie.mesh.api.LocalIdentity;
import java.util.List;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.api.console.Session;

/** {@code coterie roster recover}. */
@Service
@Command(
    scope = "coterie",
    name = "roster-recover",
    description = "Makes this device admin with the recovery code, when the admins are lost",
    detailedDescription = "Example: coterie roster recover < code.txt")
public final class RosterRecoverCommand implements Action {
  private static final int MAX_CHARS = 200;

  @Reference RosterKeeper keeper;
  @Reference LocalIdentity identity;
  @Reference Signing signing;
  @Reference Session session;

  @Override
  public Object execute() throws Exception {
    keeper.state();
    RecoveryCode code =
        RecoveryCode.parse(
            new Prompt(session.getKeyboard(), System.err, null).line("recovery code: ", MAX_CHARS));
    RecoveryCode next = RecoveryCode.fresh(new SystemEntropy());
    Entry bare =
        keeper
            .draft(new Change.Recover(identity.id(), next.publicKeys(signing)))
            .withSignatures(List.of());
    byte[] signature = code.sign(signing, Entry.PURPOSE, bare.body());
    // Shown before it counts: a console that goes away must not take the only code with it.
    System.out.println("the next recovery code; write it down, it counts when this succeeds:");
    System.out.println("  " + next.text());
    System.out.flush();
    keeper.append(
        bare.withSignatures(List.of(new EntrySignature(EntrySignature.RECOVERY, 0, signature))));
    System.out.println("this device is admin now; the code that you typed is used up");
    System.out.println("next: coterie roster revoke NAME --yes, for each lost device");
    return null;
  }
}
