package io.coterie.identity.internal.command;

import io.coterie.mesh.api.Peer;
import io.coterie.mesh.api.Peers;
import java.util.List;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.api.console.CommandLine;
import org.apache.karaf.shell.api.console.Completer;
import org.apache.karaf.shell.api.console.Session;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** Completes the names of peers. */
@Service
public final class PeerNames implements Completer {
  @Reference Peers peers;

  @Override
  public int complete(Session session, CommandLine line, List<String> candidates) {
    List<String> names = peers.list().stream().map(Peer::name).toList();
    return new StringsCompleter(names).complete(session, line, candidates);
  }
}
