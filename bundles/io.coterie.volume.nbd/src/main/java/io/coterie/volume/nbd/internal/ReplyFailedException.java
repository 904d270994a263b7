package io.coterie.volume.nbd.internal;

import java.io.IOException;

/** A part of a reply is gone and the rest cannot follow: the client would take anything for it. */
final class ReplyFailedException extends IOException {
  private static final long serialVersionUID = 1;

  ReplyFailedException(IOException cause) {
    super("a reply could not be ended: " + cause.getMessage(), cause);
  }
}
