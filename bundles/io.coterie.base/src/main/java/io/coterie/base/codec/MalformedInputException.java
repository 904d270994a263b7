package io.coterie.base.codec;

import java.io.IOException;

/** Bytes that do not follow their format. */
public final class MalformedInputException extends IOException {
  private static final long serialVersionUID = 1L;

  public MalformedInputException(String message) {
    super(message);
  }
}
