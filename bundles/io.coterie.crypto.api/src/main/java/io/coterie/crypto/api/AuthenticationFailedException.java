package io.coterie.crypto.api;

/** Ciphertext, associated data, nonce or key do not belong together: the data was altered. */
public final class AuthenticationFailedException extends CryptoException {
  private static final long serialVersionUID = 1L;

  public AuthenticationFailedException() {
    super("the authentication tag does not match");
  }
}
