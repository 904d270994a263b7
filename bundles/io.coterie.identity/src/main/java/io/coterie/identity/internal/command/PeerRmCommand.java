package io.coterie.identity.internal.command;

import io.coterie.mesh.api.Peers;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie peer rm}. */
@Service
@Command(
    scope = "coterie",
    name = "peer-rm",
    description = "Ends the trust in a device and cuts its links",
    detailedDescription = "Example: coterie peer rm laptop")
public final class PeerRmCommand implements Action {
  @Argument(name = "name", description = "The peer's name", required = true)
  @Completion(PeerNames.class)
  String name;

  @Reference Peers peers;

  @Override
  public Object execute() {
    peers.remove(name);
    System.out.println("no longer trusted: " + name);
    return null;
  }
}
