package io.coterie.identity.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.file.SafeFiles;
import io.coterie.base.name.Names;
import io.coterie.base.prompt.Prompt;
import io.coterie.identity.internal.RosterKeeper;
import io.coterie.identity.internal.pairing.PairingGuest;
import io.coterie.identity.internal.pairing.Token;
import io.coterie.mesh.api.LocalIdentity;
import io.coterie.mesh.api.MeshService;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.api.console.Session;
import org.apache.karaf.shell.support.completers.FileCompleter;

/** {@code coterie join}. */
@Service
@Command(
    scope = "coterie",
    name = "join",
    description = "Joins the coterie of a token, which is read from standard input or a file",
    detailedDescription = "Example: coterie join --token FILE")
public final class JoinCommand implements Action {
  private static final int MAX_TOKEN_CHARS = 4096;

  @Option(name = "--token", description = "A file with the token; without it, it is asked for")
  @Completion(FileCompleter.class)
  String token;

  @Option(name = "--name", description = "The name by which the others shall know this device")
  String name;

  @Option(name = "--listen", description = "Where this device listens for members")
  String listen = Opening.EVERYWHERE;

  @Option(name = "--preseed", description = "A file with token, name, listen")
  @Completion(FileCompleter.class)
  String preseed;

  @Reference RosterKeeper keeper;
  @Reference PairingGuest guest;
  @Reference LocalIdentity identity;
  @Reference MeshService mesh;
  @Reference Session session;

  @Override
  public Object execute() throws Exception {
    Preseed answers = Preseed.read(preseed, Set.of("token", "name", "listen"));
    name = answers.or("name", name);
    listen = answers.or("listen", listen);
    String wanted = name == null ? identity.name() : name;
    Names.check("device", wanted);
    keeper.requireFree();
    String seeded = answers.or("token", null);
    Token parsed = Token.parse(seeded == null ? given() : seeded);
    String address = Opening.open(mesh, listen);
    PairingGuest.Joined joined =
        guest.join(
            parsed,
            wanted,
            words -> {
              System.err.println("compare these words with those on the inviting device:");
              System.err.println("  " + words);
              System.err.flush();
            });
    System.out.println("joined coterie " + joined.coterie() + " as " + joined.name());
    System.out.println("listens on " + address);
    System.out.println("next: coterie peer list");
    return null;
  }

  private String given() throws IOException {
    return token == null
        ? new Prompt(session.getKeyboard(), System.err, null).line("token: ", MAX_TOKEN_CHARS)
        : file();
  }

  private String file() {
    try {
      return new String(
          SafeFiles.readBounded(Path.of(token), MAX_TOKEN_CHARS), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw CoterieException.of(
          "COT-0320",
          ExitCode.USAGE,
          "the token cannot be read: " + e.getMessage(),
          "coterie join --token FILE",
          e);
    }
  }
}
