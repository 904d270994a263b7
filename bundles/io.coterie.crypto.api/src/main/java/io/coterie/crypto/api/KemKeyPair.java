package io.coterie.crypto.api;

/** Encoded keys of a {@link Kem}. The arrays are not copied: whoever holds the pair owns them. */
public record KemKeyPair(byte[] publicKey, byte[] privateKey) {
  @Override
  public String toString() {
    return "KemKeyPair[" + publicKey.length + " byte public key]";
  }
}
