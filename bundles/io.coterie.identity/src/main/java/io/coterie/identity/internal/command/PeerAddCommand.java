package io.coterie.identity.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.file.SafeFiles;
import io.coterie.mesh.api.DeviceCard;
import io.coterie.mesh.api.Peer;
import io.coterie.mesh.api.Peers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.FileCompleter;

/** {@code coterie peer add}. */
@Service
@Command(
    scope = "coterie",
    name = "peer-add",
    description = "Trusts another device by its card",
    detailedDescription =
        "Example: coterie peer add laptop --card laptop.card --address tcp://10.0.0.7:7400")
public final class PeerAddCommand implements Action {
  private static final Pattern PEM =
      Pattern.compile(
          "-----BEGIN COTERIE DEVICE-----([A-Za-z0-9+/=\\s]+)-----END COTERIE DEVICE-----\\s*");

  @Argument(name = "name", description = "The name by which this device calls it", required = true)
  String name;

  @Option(name = "--card", description = "A file with its card", required = true)
  @Completion(FileCompleter.class)
  String card;

  @Option(
      name = "--address",
      description = "Where to reach it; may be repeated",
      multiValued = true)
  List<String> addresses = List.of();

  @Reference Peers peers;

  @Override
  public Object execute() {
    Peer peer = peers.add(name, read(Path.of(card)), addresses);
    System.out.println("trusted " + peer.name() + " = device " + peer.id());
    return null;
  }

  private static DeviceCard read(Path file) {
    try {
      byte[] bytes = SafeFiles.readBounded(file, 2 * DeviceCard.MAX_BYTES);
      Matcher pem = PEM.matcher(new String(bytes, StandardCharsets.US_ASCII));
      if (!pem.matches()) {
        throw new IOException("it holds no device card");
      }
      return DeviceCard.decode(Base64.getMimeDecoder().decode(pem.group(1)));
    } catch (IOException | IllegalArgumentException e) {
      throw CoterieException.of(
          "COT-0304",
          ExitCode.USAGE,
          "the card " + file + " cannot be read: " + e.getMessage(),
          "coterie identity card (on the other device)",
          e);
    }
  }
}
