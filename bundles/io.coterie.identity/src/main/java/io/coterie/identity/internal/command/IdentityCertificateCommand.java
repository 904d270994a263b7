package io.coterie.identity.internal.command;

import io.coterie.mesh.api.LocalIdentity;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie identity certificate}. */
@Service
@Command(
    scope = "coterie",
    name = "identity-certificate",
    description = "Prints this device's certificate, to be given to a device that shall trust it",
    detailedDescription =
        "Example: coterie -d a identity certificate > a.pem; coterie -d b peer add a --certificate a.pem")
public final class IdentityCertificateCommand implements Action {
  private static final int LINE_CHARS = 64;

  @Reference LocalIdentity identity;

  @Override
  public Object execute() {
    byte[] newline = "\n".getBytes(StandardCharsets.US_ASCII);
    String text = Base64.getMimeEncoder(LINE_CHARS, newline).encodeToString(identity.certificate());
    System.out.println("-----BEGIN CERTIFICATE-----\n" + text + "\n-----END CERTIFICATE-----");
    return null;
  }
}
