package io.coterie.crypto.api;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.seam.Entropy;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Makes and reads the X.509 certificates that devices show each other in a handshake. A certificate
 * lives for a day. Its key signs the handshake; the device's identity signs the certificate twice:
 * with Ed25519 as its X.509 issuer, and with ML-DSA-87 in an extension. Thread-safe.
 */
@ProviderType
public interface SessionCertificates {
  /** The extension with device, generation, Ed25519 session key and ML-DSA-87 signature. */
  String EXTENSION = "1.3.6.1.4.1.60000.1.2";

  /** A larger certificate is refused unread. */
  int MAX_BYTES = 16 * 1024;

  /** The Ed25519 identity key, wherever it is kept. */
  interface ClassicalKey {
    byte[] sign(byte[] message) throws CryptoException;
  }

  /**
   * Issues a certificate, DER.
   *
   * @param postQuantumSignature ML-DSA-87 by the identity over {@link SessionStatement#encode()}
   */
  byte[] issue(
      SessionStatement statement,
      byte[] postQuantumSignature,
      ClassicalKey identity,
      Entropy entropy)
      throws CryptoException;

  /**
   * Takes a certificate of an untrusted peer apart.
   *
   * @throws MalformedInputException when it is too large or no session certificate
   */
  SessionCertificate parse(byte[] der) throws MalformedInputException;
}
