package io.coterie.crypto.api;

/** Input that a cryptographic algorithm refuses. Says nothing about secrets. */
public class CryptoException extends Exception {
  private static final long serialVersionUID = 1L;

  public CryptoException(String message) {
    super(message);
  }

  public CryptoException(String message, Throwable cause) {
    super(message, cause);
  }
}
