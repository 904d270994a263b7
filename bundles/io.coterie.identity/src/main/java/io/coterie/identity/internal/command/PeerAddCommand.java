package io.coterie.identity.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.file.SafeFiles;
import io.coterie.crypto.api.DeviceCertificates;
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
    description = "Trusts another device by its certificate",
    detailedDescription =
        "Example: coterie peer add laptop --certificate laptop.pem --address tcp://10.0.0.7:7400")
public final class PeerAddCommand implements Action {
  private static final Pattern PEM =
      Pattern.compile(
          "-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\\s]+)-----END CERTIFICATE-----\\s*");

  @Argument(name = "name", description = "The name by which this device calls it", required = true)
  String name;

  @Option(name = "--certificate", description = "A file with its certificate", required = true)
  @Completion(FileCompleter.class)
  String certificate;

  @Option(
      name = "--address",
      description = "Where to reach it; may be repeated",
      multiValued = true)
  List<String> addresses = List.of();

  @Reference Peers peers;

  @Override
  public Object execute() {
    Peer peer = peers.add(name, read(Path.of(certificate)), addresses);
    System.out.println("trusted " + peer.name() + " = device " + peer.id());
    return null;
  }

  private static byte[] read(Path file) {
    try {
      String text =
          new String(
              SafeFiles.readBounded(file, 2 * DeviceCertificates.MAX_BYTES),
              StandardCharsets.US_ASCII);
      Matcher pem = PEM.matcher(text);
      return pem.matches() ? Base64.getMimeDecoder().decode(pem.group(1)) : new byte[0];
    } catch (IOException e) {
      throw CoterieException.of(
          "COT-0304",
          ExitCode.USAGE,
          "the certificate file cannot be read: " + e.getMessage(),
          "coterie identity certificate (on the other device)",
          e);
    }
  }
}
