package io.coterie.crypto.api;

import io.coterie.base.seam.Entropy;
import org.osgi.annotation.versioning.ProviderType;

/** A signature algorithm. Implemented by crypto plugins; stateless and thread-safe. */
@ProviderType
public interface Signer {
  /** Service property: the value of {@link #algorithm()}. */
  String ALGORITHM = "algorithm";

  String ML_DSA_65 = "ML-DSA-65";

  String algorithm();

  String provider();

  SignatureKeyPair generate(Entropy entropy);

  /** Signs a message with a key in PKCS#8 form. */
  byte[] sign(byte[] privateKey, byte[] message, Entropy entropy) throws CryptoException;

  /** True when the signature is valid under the key, given as SubjectPublicKeyInfo. */
  boolean verify(byte[] publicKey, byte[] message, byte[] signature) throws CryptoException;
}
