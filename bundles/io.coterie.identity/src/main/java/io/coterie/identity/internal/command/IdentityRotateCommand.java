package io.coterie.identity.internal.command;

import io.coterie.identity.internal.KeyRotation;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie identity rotate}. */
@Service
@Command(
    scope = "coterie",
    name = "identity-rotate",
    description = "Gives this device new signature keys; the roster gets the proof of continuity",
    detailedDescription = "Example: coterie identity rotate")
public final class IdentityRotateCommand implements Action {
  @Reference KeyRotation rotation;

  @Override
  public Object execute() {
    System.out.println("keys of generation " + rotation.rotate() + " count now");
    return null;
  }
}
