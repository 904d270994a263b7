package io.coterie.volume.api;

import java.io.IOException;

/** The right to use the volume has ended, or does not allow writing (yet). */
public final class AccessRevokedException extends IOException {
  private static final long serialVersionUID = 1L;

  public AccessRevokedException(String message) {
    super(message);
  }
}
