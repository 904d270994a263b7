package io.coterie.identity.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.identity.internal.RosterKeeper;
import io.coterie.identity.internal.roster.Entry;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie roster approve}. */
@Service
@Command(
    scope = "coterie",
    name = "roster-approve",
    description = "Adds this admin's signature to an entry that waits for it",
    detailedDescription = "Example: coterie roster approve 1f2e3d4c")
public final class RosterApproveCommand implements Action {
  @Argument(name = "entry", description = "The first digits of its hash", required = true)
  String entry;

  @Reference RosterKeeper keeper;

  @Override
  public Object execute() {
    keeper.state();
    Entry found =
        keeper
            .look(tree -> tree.pending(entry))
            .orElseThrow(
                () ->
                    CoterieException.of(
                        "COT-0333",
                        ExitCode.NOT_FOUND,
                        "no one entry that waits for signatures begins with '" + entry + "'",
                        "coterie roster show"));
    boolean counts = keeper.append(keeper.sign(found));
    System.out.println(counts ? "it counts now" : "signed; it waits for more signatures");
    return null;
  }
}
