package io.coterie.identity.internal.command;

import io.coterie.crypto.api.CryptoException;
import io.coterie.mesh.api.DeviceCard;
import io.coterie.mesh.api.DeviceKeys;
import io.coterie.mesh.api.LocalIdentity;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie identity card}. */
@Service
@Command(
    scope = "coterie",
    name = "identity-card",
    description = "Prints this device's card, to be given to a device that shall trust it",
    detailedDescription =
        "Example: coterie -d a identity card > a.card; coterie -d b peer add a --card a.card")
public final class IdentityCardCommand implements Action {
  private static final int LINE_CHARS = 64;

  @Reference LocalIdentity identity;

  @Override
  public Object execute() throws CryptoException {
    DeviceKeys keys = identity.keys();
    byte[] statement = DeviceCard.statement(identity.name(), keys);
    byte[] signature = identity.sign(DeviceCard.PURPOSE, statement);
    byte[] card = new DeviceCard(identity.name(), keys, signature).encode();
    byte[] newline = "\n".getBytes(StandardCharsets.US_ASCII);
    String text = Base64.getMimeEncoder(LINE_CHARS, newline).encodeToString(card);
    System.out.println(
        "-----BEGIN COTERIE DEVICE-----\n" + text + "\n-----END COTERIE DEVICE-----");
    return null;
  }
}
