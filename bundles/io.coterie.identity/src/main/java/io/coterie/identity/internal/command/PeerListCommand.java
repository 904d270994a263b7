package io.coterie.identity.internal.command;

import io.coterie.base.table.Table;
import io.coterie.mesh.api.Peer;
import io.coterie.mesh.api.Peers;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** {@code coterie peer list}. */
@Service
@Command(
    scope = "coterie",
    name = "peer-list",
    description = "Lists the devices that this one trusts",
    detailedDescription = "Example: coterie peer list -o csv")
public final class PeerListCommand implements Action {
  @Option(name = "-o", description = "Output format: table, json or csv")
  @Completion(
      value = StringsCompleter.class,
      values = {"table", "json", "csv"})
  String output = "table";

  @Reference Peers peers;

  @Override
  public Object execute() {
    Table table = new Table("peers", "name", "id", "addresses");
    for (Peer peer : peers.list()) {
      table.row(peer.name(), peer.id().toString(), String.join(" ", peer.addresses()));
    }
    table.print(System.out, output);
    return null;
  }
}
