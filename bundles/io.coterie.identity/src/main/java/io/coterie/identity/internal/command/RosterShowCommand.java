package io.coterie.identity.internal.command;

import io.coterie.base.table.Table;
import io.coterie.identity.internal.RosterKeeper;
import io.coterie.identity.internal.roster.Entry;
import io.coterie.identity.internal.roster.EntryWords;
import io.coterie.identity.internal.roster.Member;
import io.coterie.identity.internal.roster.RosterState;
import io.coterie.identity.internal.roster.RosterTree;
import io.coterie.mesh.api.LocalIdentity;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** {@code coterie roster show}. */
@Service
@Command(
    scope = "coterie",
    name = "roster-show",
    description = "Shows the coterie's devices, revoked ones, forks and what waits for signatures",
    detailedDescription = "Example: coterie roster show -o json")
public final class RosterShowCommand implements Action {
  @Option(name = "-o", description = "Output format: table, json or csv")
  @Completion(
      value = StringsCompleter.class,
      values = {"table", "json", "csv"})
  String output = "table";

  @Reference RosterKeeper keeper;
  @Reference LocalIdentity identity;

  @Override
  public Object execute() {
    RosterState state = keeper.state();
    Table table = new Table("devices", "name", "id", "state", "roles", "generation", "note");
    for (Member m : state.members().values()) {
      boolean self = m.id().equals(identity.id());
      table.row(
          m.name(),
          m.id().toString(),
          "member",
          EntryWords.roles(m.roles()),
          m.keys().generation(),
          self ? "this device" : "");
    }
    state
        .revoked()
        .forEach((id, why) -> table.row("", id.toString(), "revoked", "", null, printable(why)));
    for (Entry e : keeper.look(RosterTree::pending)) {
      table.row("", e.hash().toString(), "waits for signatures", "", null, EntryWords.of(e, state));
    }
    for (RosterTree.Fork f : keeper.look(RosterTree::forks)) {
      String counts = f.chosen() == null ? "no branch counts" : "counts " + f.chosen().shortForm();
      table.row("", f.lost().get(0).toString(), "fork at entry " + f.index(), "", null, counts);
    }
    table.print(System.out, output);
    if (output.equals("table")) {
      System.out.println(
          "coterie "
              + state.genesis().name()
              + ", entry "
              + state.index()
              + ", head "
              + state.head().shortForm()
              + ", suite "
              + state.suite().label()
              + " or stronger, "
              + state.signaturesNeeded(null)
              + " admin signature(s) for a change");
    }
    return null;
  }

  private static String printable(String text) {
    return text.replaceAll("\\p{Cntrl}", "?");
  }
}
