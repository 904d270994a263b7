package io.coterie.crypto.api;

/**
 * Encoded keys of a {@link Signer}. The arrays are not copied: whoever holds the pair owns them.
 */
public record SignatureKeyPair(byte[] publicKey, byte[] privateKey) {
  @Override
  public String toString() {
    return "SignatureKeyPair[" + publicKey.length + " byte public key]";
  }
}
