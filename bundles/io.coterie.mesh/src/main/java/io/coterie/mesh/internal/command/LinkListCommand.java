package io.coterie.mesh.internal.command;

import io.coterie.base.table.Table;
import io.coterie.mesh.api.LinkStatus;
import io.coterie.mesh.api.MeshService;
import io.coterie.mesh.api.Peer;
import io.coterie.mesh.api.Peers;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** {@code coterie link list}. */
@Service
@Command(
    scope = "coterie",
    name = "link-list",
    description = "Lists live links with their suite, age and round trip",
    detailedDescription = "Example: coterie link list -o csv")
public final class LinkListCommand implements Action {
  @Option(name = "-o", description = "Output format: table, json or csv")
  @Completion(
      value = StringsCompleter.class,
      values = {"table", "json", "csv"})
  String output = "table";

  @Reference MeshService mesh;
  @Reference Peers peers;

  @Override
  public Object execute() {
    Table table =
        new Table(
            "links",
            "peer",
            "state",
            "remote",
            "transport",
            "suite",
            "group",
            "cipher",
            "generation",
            "age_ms",
            "cert_age_s",
            "streams",
            "sent_bytes",
            "received_bytes",
            "rtt_us",
            "breaks");
    for (LinkStatus l : mesh.links()) {
      table.row(
          peers.find(l.peer()).map(Peer::name).orElse(l.peer().shortForm()),
          l.broken() ? "resuming" : "up",
          l.remoteAddress(),
          l.transport(),
          l.suite().label(),
          l.suite().group(),
          l.cipherSuite(),
          l.generation(),
          l.ageMillis(),
          l.certificateAgeSeconds(),
          l.streams(),
          l.sentBytes(),
          l.receivedBytes(),
          l.roundTripMicros() < 0 ? null : l.roundTripMicros(),
          l.breaks());
    }
    table.print(System.out, output);
    return null;
  }
}
