package io.coterie.volume.api;

import java.io.IOException;

/** Stored bytes that fail their authentication tag. The rest of the volume stays readable. */
public final class DamagedBlockException extends IOException {
  private static final long serialVersionUID = 1L;

  public DamagedBlockException(String message) {
    super(message);
  }
}
