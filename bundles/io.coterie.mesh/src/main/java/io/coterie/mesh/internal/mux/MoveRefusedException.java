package io.coterie.mesh.internal.mux;

import java.io.IOException;

/** The peer does not take an offered connection now: it changes the link itself. */
public final class MoveRefusedException extends IOException {
  private static final long serialVersionUID = 1;

  MoveRefusedException() {
    super("the peer does not move the link to this connection");
  }

  /** True when this is at the bottom of a failure. */
  public static boolean caused(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof MoveRefusedException) {
        return true;
      }
    }
    return false;
  }
}
