package io.coterie.identity.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.identity.internal.RosterKeeper;
import io.coterie.identity.internal.roster.Change;
import io.coterie.identity.internal.roster.Entry;
import io.coterie.identity.internal.roster.Member;
import io.coterie.identity.internal.roster.RosterState;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie roster revoke}. */
@Service
@Command(
    scope = "coterie",
    name = "roster-revoke",
    description = "Ends the trust in a device for ever; every link to it is cut",
    detailedDescription = "Example: coterie roster revoke laptop --reason stolen --yes")
public final class RosterRevokeCommand implements Action {
  @Argument(name = "name", description = "The device's name", required = true)
  String name;

  @Option(name = "--reason", description = "Why; the others see it")
  String reason = "";

  @Option(name = "--yes", description = "Really: the device can only come back as a new one")
  boolean yes;

  @Reference RosterKeeper keeper;

  @Override
  public Object execute() {
    RosterState state = keeper.state();
    Member member =
        state.members().values().stream()
            .filter(m -> m.name().equals(name))
            .findFirst()
            .orElseThrow(
                () ->
                    CoterieException.of(
                        "COT-0302",
                        ExitCode.NOT_FOUND,
                        "there is no device named '" + name + "'",
                        "coterie roster show"));
    if (!yes) {
      throw CoterieException.of(
          "COT-0334",
          ExitCode.USAGE,
          "a revocation is for ever",
          "coterie roster revoke " + name + " --yes");
    }
    Entry entry = keeper.draft(new Change.Revoke(member.id(), reason));
    boolean counts = keeper.append(entry);
    System.out.println(
        counts
            ? name + " is revoked"
            : "signed; another admin must sign too: coterie roster approve "
                + entry.hash().shortForm());
    return null;
  }
}
