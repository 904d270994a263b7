package io.coterie.crypto.api;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.seam.Entropy;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Makes and reads the self-signed X.509 certificates that devices show each other. They carry no
 * trust of their own: a peer is trusted by its pinned device id. Thread-safe.
 */
@ProviderType
public interface DeviceCertificates {
  /** The extension that carries the KEM public key (an arc for private enterprise use). */
  String KEM_KEY_EXTENSION = "1.3.6.1.4.1.60000.1.1";

  /** A larger certificate is refused unread. */
  int MAX_BYTES = 16 * 1024;

  /**
   * Issues a certificate over both public keys of a device.
   *
   * @param notBeforeMillis wall-clock validity, milliseconds since 1970
   */
  byte[] issue(
      SignatureKeyPair keys,
      byte[] kemPublicKey,
      String commonName,
      long notBeforeMillis,
      long notAfterMillis,
      Entropy entropy)
      throws CryptoException;

  /**
   * Reads a certificate from an untrusted peer and checks its self-signature.
   *
   * @throws MalformedInputException when it is too large, no certificate, or not signed by its own
   *     key
   */
  DeviceCertificate parse(byte[] der) throws MalformedInputException;
}
