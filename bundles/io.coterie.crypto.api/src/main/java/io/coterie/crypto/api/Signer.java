package io.coterie.crypto.api;

import io.coterie.base.seam.Entropy;
import org.osgi.annotation.versioning.ProviderType;

/**
 * A signature algorithm. Implemented by crypto plugins; stateless and thread-safe. Keys and
 * signatures are the algorithm's own fixed-length encodings; a private key is its 32-byte seed.
 */
@ProviderType
public interface Signer {
  /** Service property: the value of {@link #algorithm()}. */
  String ALGORITHM = "algorithm";

  /** RFC 8032, pure. */
  String ED25519 = "Ed25519";

  /** FIPS 204, category 3, pure, empty context. */
  String ML_DSA_65 = "ML-DSA-65";

  /** FIPS 204, category 5, pure, empty context. */
  String ML_DSA_87 = "ML-DSA-87";

  int PRIVATE_KEY_BYTES = 32;

  String algorithm();

  /** Which implementation serves, with its version, for people. */
  String provider();

  int publicKeyBytes();

  int signatureBytes();

  SignatureKeyPair generate(Entropy entropy);

  /**
   * Signs a message.
   *
   * @throws CryptoException when the key is no seed of 32 bytes
   */
  byte[] sign(byte[] privateKey, byte[] message, Entropy entropy) throws CryptoException;

  /**
   * True when the signature is valid under the key.
   *
   * @throws CryptoException when the public key is malformed
   */
  boolean verify(byte[] publicKey, byte[] message, byte[] signature) throws CryptoException;
}
