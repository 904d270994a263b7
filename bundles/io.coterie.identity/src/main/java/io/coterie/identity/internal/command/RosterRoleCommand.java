package io.coterie.identity.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.identity.internal.RosterKeeper;
import io.coterie.identity.internal.roster.Change;
import io.coterie.identity.internal.roster.Entry;
import io.coterie.identity.internal.roster.EntryWords;
import io.coterie.identity.internal.roster.Member;
import io.coterie.mesh.api.Role;
import java.util.Set;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie roster role}. */
@Service
@Command(
    scope = "coterie",
    name = "roster-role",
    description = "Gives a device other roles",
    detailedDescription = "Example: coterie roster role laptop admin,data,compute")
public final class RosterRoleCommand implements Action {
  @Argument(index = 0, name = "name", description = "The device's name", required = true)
  String name;

  @Argument(index = 1, name = "roles", description = "With commas between", required = true)
  String roles;

  @Reference RosterKeeper keeper;

  @Override
  public Object execute() {
    Set<Role> wanted = RoleWords.parse(roles);
    Member member =
        keeper.state().members().values().stream()
            .filter(m -> m.name().equals(name))
            .findFirst()
            .orElseThrow(
                () ->
                    CoterieException.of(
                        "COT-0302",
                        ExitCode.NOT_FOUND,
                        "there is no device named '" + name + "'",
                        "coterie roster show"));
    Entry entry = keeper.draft(new Change.Roles(member.id(), wanted));
    boolean counts = keeper.append(entry);
    System.out.println(
        counts
            ? name + " is " + EntryWords.roles(wanted)
            : "signed; another admin must sign too: coterie roster approve "
                + entry.hash().shortForm());
    return null;
  }
}
