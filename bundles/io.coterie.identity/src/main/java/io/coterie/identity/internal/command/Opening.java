package io.coterie.identity.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.mesh.api.MeshService;
import io.coterie.transport.api.Address;
import java.io.IOException;

/** Opens the door of a device that begins or joins a coterie. */
final class Opening {
  /** Every interface, the port that Coterie uses. */
  static final String EVERYWHERE = "tcp://0.0.0.0:7400";

  private Opening() {}

  /** The address of the door: the one that is open, the one that is wanted, or another port. */
  static String open(MeshService mesh, String wanted) throws IOException {
    String open = mesh.listenAddress();
    if (open != null) {
      return open;
    }
    try {
      return mesh.listen(wanted);
    } catch (CoterieException e) {
      if (!wanted.equals(EVERYWHERE) || !e.code().equals("COT-0408")) {
        throw e;
      }
      // Another device on this computer has the port.
      return mesh.listen(new Address("tcp", "0.0.0.0", 0).toString());
    }
  }
}
