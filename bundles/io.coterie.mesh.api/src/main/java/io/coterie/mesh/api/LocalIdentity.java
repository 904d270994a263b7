package io.coterie.mesh.api;

import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.Suite;
import org.osgi.annotation.versioning.ProviderType;

/** The identity of this device. Its private keys stay inside. Thread-safe. */
@ProviderType
public interface LocalIdentity {
  DeviceId id();

  /**
   * Whether that is this device, now or under an id that it had before it left a coterie: what it
   * keeps from then is still its own.
   */
  default boolean is(DeviceId device) {
    return device.equals(id());
  }

  /** The device's local name. */
  String name();

  /** The public keys of the present generation. */
  DeviceKeys keys();

  /**
   * Signs with both identity keys, Ed25519 and ML-DSA-87.
   *
   * @param purpose see {@link io.coterie.crypto.api.HybridSigner}
   */
  byte[] sign(String purpose, byte[] message) throws CryptoException;

  /** What it shows and signs with in handshakes of a suite now; a fresh one each day. */
  SessionCredential session(Suite suite) throws CryptoException;

  /** Opens a sealed box made for this device's KEM key. */
  byte[] unseal(String purpose, byte[] box) throws CryptoException;

  /** Seals a secret to this device or another. */
  byte[] seal(byte[] kemPublicKey, String purpose, byte[] payload) throws CryptoException;
}
