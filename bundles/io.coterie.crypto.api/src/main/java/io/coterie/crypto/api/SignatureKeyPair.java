package io.coterie.crypto.api;

/**
 * Keys of a {@link Signer} in their standard forms.
 *
 * @param publicKey SubjectPublicKeyInfo, DER
 * @param privateKey PKCS#8, DER; the holder of the record owns the array
 */
public record SignatureKeyPair(byte[] publicKey, byte[] privateKey) {
  @Override
  public String toString() {
    return "SignatureKeyPair[" + publicKey.length + " byte public key]";
  }
}
