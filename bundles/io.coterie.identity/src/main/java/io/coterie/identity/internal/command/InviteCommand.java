package io.coterie.identity.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.file.SafeFiles;
import io.coterie.base.prompt.Prompt;
import io.coterie.base.seam.SystemThreads;
import io.coterie.identity.internal.pairing.OperatorVerification;
import io.coterie.identity.internal.pairing.PairingHost;
import io.coterie.identity.internal.pairing.Reachable;
import io.coterie.identity.internal.pairing.Token;
import io.coterie.mesh.api.MeshService;
import io.coterie.mesh.api.PairingRequest;
import io.coterie.mesh.api.Role;
import io.coterie.transport.api.Address;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.api.console.Session;
import org.apache.karaf.shell.support.completers.FileCompleter;

/** {@code coterie invite}. */
@Service
@Command(
    scope = "coterie",
    name = "invite",
    description = "Invites a device: prints a token, waits for it, and asks for your word",
    detailedDescription = "Example: coterie invite --roles data,compute")
public final class InviteCommand implements Action {
  private static final long HOUR_MILLIS = 3_600_000;
  private static final int MAX_HOURS = 24 * 7;
  private static final int MAX_ANSWER_BYTES = 100;

  @Option(name = "--hours", description = "How long the token is good, 1 to 168")
  int hours = 3;

  @Option(
      name = "--roles",
      description = "What the device will do: admin,data,compute,witness,holder")
  String roles = "data,compute";

  @Option(name = "--address", description = "Where the device finds this one", multiValued = true)
  List<String> addresses = List.of();

  @Option(name = "--no-qr", description = "Print no picture of the token")
  boolean noQr;

  @Option(name = "--no-wait", description = "Print the token and end; see pairing list")
  boolean noWait;

  @Option(
      name = "--trust-token",
      description = "Whoever has the token is let in without comparing words; for scripts")
  boolean trustToken;

  @Option(
      name = "--preseed",
      description = "Writes a file for coterie join --preseed; whoever has it is let in")
  @Completion(FileCompleter.class)
  String preseed;

  @Reference PairingHost host;
  @Reference OperatorVerification operator;
  @Reference MeshService mesh;
  @Reference Session session;

  @Override
  public Object execute() throws Exception {
    if (hours < 1 || hours > MAX_HOURS) {
      throw CoterieException.of(
          "COT-0318", ExitCode.USAGE, hours + " hours", "coterie invite --hours 3");
    }
    Set<Role> granted = RoleWords.parse(roles);
    host.requireAdmin();
    List<String> reachable =
        addresses.isEmpty()
            ? Reachable.addresses(mesh.listenAddress())
            : addresses.stream().limit(8).map(a -> Address.parse(a).toString()).toList();
    if (reachable.isEmpty()) {
      throw CoterieException.of(
          "COT-0319",
          ExitCode.REFUSED,
          "this device listens nowhere that another one can reach",
          "coterie mesh listen tcp://0.0.0.0:7400, or --address tcp://HOST:PORT");
    }
    boolean trusted = trustToken || preseed != null;
    Token token = host.invite(granted, trusted, hours * HOUR_MILLIS, reachable);
    if (preseed != null) {
      write(token);
      System.out.println("wrote " + preseed + "; good once, for " + hours + " h");
      return null;
    }
    if (!noQr) {
      System.out.print(QrPicture.of(token.text()));
    }
    System.out.println(token.text());
    System.out.flush();
    if (noWait) {
      return null;
    }
    System.err.println("good once, for " + hours + " h; on the other device: coterie join");
    System.err.flush();
    String joined = trustToken ? host.await(token) : askAndWait(token);
    System.out.println(joined + " joined");
    return null;
  }

  /** A new file that only its owner reads: the token in it is all it takes. */
  private void write(Token token) {
    Path file = Path.of(preseed);
    try {
      if (Files.exists(file)) {
        throw new IOException("it exists");
      }
      String text = "# coterie join --preseed FILE, once\ntoken = " + token.text() + "\n";
      SafeFiles.replace(file.toAbsolutePath(), text.getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw CoterieException.of(
          "COT-0331",
          ExitCode.FAILED,
          "the file " + file + " could not be written: " + e.getMessage(),
          "name another file",
          e);
    }
  }

  /** Shows the words of whoever comes and asks, until the invitation is used or over. */
  private String askAndWait(Token token) throws Exception {
    ExecutorService asking = new SystemThreads().pool("invite", 1, 1);
    try {
      asking.execute(() -> ask(HexFormat.of().formatHex(token.inviteId())));
      return host.await(token);
    } finally {
      asking.shutdownNow();
    }
  }

  private void ask(String id) {
    try {
      while (true) {
        for (PairingRequest request : operator.requests()) {
          if (request.id().equals(id)) {
            System.err.println(
                "device " + request.name() + " at " + request.remote() + " asks to join; it shows");
            System.err.println("  " + request.words());
            operator.decide(id, yes());
            return;
          }
        }
        Thread.sleep(100);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      operator.decide(id, false);
    }
  }

  private boolean yes() throws IOException {
    String answer =
        new Prompt(session.getKeyboard(), System.err, null)
            .line("are these the words on its screen? [y/N] ", MAX_ANSWER_BYTES);
    return answer.trim().toLowerCase(Locale.ROOT).matches("y|yes");
  }
}
