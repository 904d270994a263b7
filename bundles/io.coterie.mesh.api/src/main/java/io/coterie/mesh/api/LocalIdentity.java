package io.coterie.mesh.api;

import io.coterie.crypto.api.CryptoException;
import org.osgi.annotation.versioning.ProviderType;

/** The keys of this device. Thread-safe. */
@ProviderType
public interface LocalIdentity {
  DeviceId id();

  /** The device's local name. */
  String name();

  /** The certificate shown to peers, DER. */
  byte[] certificate();

  /** The private key of the certificate, a seed. The caller wipes its copy. */
  byte[] signaturePrivateKey();

  /** The public key with which others wrap secrets for this device. */
  byte[] kemPublicKey();

  /** Opens a sealed box made for this device's KEM key. */
  byte[] unseal(String purpose, byte[] box) throws CryptoException;

  /** Seals a secret to this device or another. */
  byte[] seal(byte[] kemPublicKey, String purpose, byte[] payload) throws CryptoException;
}
