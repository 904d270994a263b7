package io.coterie.crypto.api;

import io.coterie.base.seam.Entropy;
import org.osgi.annotation.versioning.ProviderType;

/**
 * A hybrid key encapsulation mechanism. Implemented by crypto plugins; stateless and thread-safe.
 * Keys and ciphertexts are the algorithm's own fixed-length encodings.
 */
@ProviderType
public interface Kem {
  /** Service property: the value of {@link #algorithm()}. */
  String ALGORITHM = "algorithm";

  /** X25519 with ML-KEM-768, combined as X-Wing (draft-connolly-cfrg-xwing-kem). */
  String X25519_MLKEM768 = "X25519+ML-KEM-768";

  /** X25519 with ML-KEM-1024, used for keys at rest. */
  String X25519_MLKEM1024 = "X25519+ML-KEM-1024";

  String algorithm();

  /** Which implementation serves, with its version, for people. */
  String provider();

  KemKeyPair generate(Entropy entropy);

  /**
   * Makes a fresh shared secret for the holder of a key.
   *
   * @throws CryptoException when the public key is malformed
   */
  Encapsulation encapsulate(byte[] publicKey, Entropy entropy) throws CryptoException;

  /**
   * Recovers the shared secret of 32 bytes. A ciphertext made for another key gives another, random
   * looking secret (implicit rejection); it does not fail.
   *
   * @throws CryptoException when key or ciphertext have the wrong length or form
   */
  byte[] decapsulate(byte[] privateKey, byte[] ciphertext) throws CryptoException;
}
