package io.coterie.mesh.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.LinkStatus;
import io.coterie.mesh.api.MeshService;
import io.coterie.mesh.api.Peers;
import java.io.IOException;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** {@code coterie link suite}. */
@Service
@Command(
    scope = "coterie",
    name = "link-suite",
    description = "Moves a link to another suite while its streams flow",
    detailedDescription = "Example: coterie link suite laptop max")
public final class LinkSuiteCommand implements Action {
  private static final long TIMEOUT_MILLIS = 10_000;

  @Argument(index = 0, name = "peer", description = "The peer's name", required = true)
  String peer;

  @Argument(index = 1, name = "suite", description = "standard or max", required = true)
  @Completion(
      value = StringsCompleter.class,
      values = {"standard", "max"})
  String suite;

  @Reference MeshService mesh;
  @Reference Peers peers;

  @Override
  public Object execute() {
    Suite wanted = Suite.parse(suite);
    try {
      LinkStatus now = mesh.changeSuite(peers.named(peer).id(), wanted, TIMEOUT_MILLIS);
      System.out.println(
          "link to "
              + peer
              + ": suite "
              + now.suite().label()
              + ", "
              + now.suite().group()
              + ", "
              + now.cipherSuite()
              + ", generation "
              + now.generation());
      return null;
    } catch (IOException e) {
      throw CoterieException.of(
          "COT-0411",
          ExitCode.FAILED,
          "the link goes on as it was: " + e.getMessage(),
          "coterie link list",
          e);
    }
  }
}
