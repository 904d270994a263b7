package io.coterie.mesh.api;

/**
 * The keys with which this device enters handshakes for a day.
 *
 * @param certificate DER
 * @param signatureSeed ML-DSA of the suite; the holder wipes it
 * @param ed25519Seed the holder wipes it
 */
public record SessionCredential(byte[] certificate, byte[] signatureSeed, byte[] ed25519Seed) {
  @Override
  public String toString() {
    return "SessionCredential";
  }
}
