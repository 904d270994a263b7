package io.coterie.crypto.mldsa.internal;

import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.EntropyRandom;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.SignatureKeyPair;
import io.coterie.crypto.api.Signer;
import java.util.HexFormat;
import org.bouncycastle.crypto.DataLengthException;
import org.bouncycastle.crypto.params.MLDSAParameters;
import org.bouncycastle.crypto.params.MLDSAPrivateKeyParameters;
import org.bouncycastle.crypto.params.MLDSAPublicKeyParameters;
import org.bouncycastle.crypto.params.ParametersWithContext;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.crypto.signers.MLDSASigner;

/** ML-DSA (FIPS 204), pure, hedged signing, keys as seeds. */
abstract class MlDsaSigner implements Signer {
  private static final byte[] NO_CONTEXT = new byte[0];
  private static final int MAX_CONTEXT_BYTES = 255;

  private final String algorithm;
  private final MLDSAParameters parameters;
  private final int publicKeyBytes;
  private final int signatureBytes;

  MlDsaSigner(
      String algorithm, MLDSAParameters parameters, int publicKeyBytes, int signatureBytes) {
    this.algorithm = algorithm;
    this.parameters = parameters;
    this.publicKeyBytes = publicKeyBytes;
    this.signatureBytes = signatureBytes;
  }

  /**
   * Passes when the public key of a fixed seed is the published one and a signature verifies, and
   * fails to when altered.
   *
   * @param digest SHA-256 of the public key that the seed 00 01 .. 1f gives
   */
  final void selfTest(String digest, Entropy entropy) throws CryptoException {
    byte[] seed = new byte[PRIVATE_KEY_BYTES];
    for (int i = 0; i < seed.length; i++) {
      seed[i] = (byte) i;
    }
    byte[] publicKey = key(seed).getPublicKey();
    if (!Digests.sha256(publicKey).equals(digest)) {
      throw new CryptoException(algorithm + " failed its self-test: another public key");
    }
    byte[] message = HexFormat.of().parseHex("010203");
    byte[] signature = sign(seed, message, entropy);
    boolean good = verify(publicKey, message, signature);
    signature[7] ^= 1;
    if (!good || verify(publicKey, message, signature)) {
      throw new CryptoException(algorithm + " failed its self-test");
    }
  }

  @Override
  public final String algorithm() {
    return algorithm;
  }

  @Override
  public final String provider() {
    return "Bouncy Castle";
  }

  @Override
  public final int publicKeyBytes() {
    return publicKeyBytes;
  }

  @Override
  public final int signatureBytes() {
    return signatureBytes;
  }

  private MLDSAPrivateKeyParameters key(byte[] seed) {
    return new MLDSAPrivateKeyParameters(parameters, seed);
  }

  @Override
  public final SignatureKeyPair generate(Entropy entropy) {
    byte[] seed = entropy.bytes(PRIVATE_KEY_BYTES);
    return new SignatureKeyPair(key(seed).getPublicKey(), seed);
  }

  @Override
  public final byte[] sign(byte[] privateKey, byte[] message, Entropy entropy)
      throws CryptoException {
    return sign(privateKey, message, NO_CONTEXT, entropy);
  }

  /**
   * Signs with a context string (FIPS 204 section 5.2). Devices use none: what they sign begins
   * with a label of its own.
   *
   * @param context at most 255 bytes
   */
  final byte[] sign(byte[] privateKey, byte[] message, byte[] context, Entropy entropy)
      throws CryptoException {
    if (privateKey.length != PRIVATE_KEY_BYTES) {
      throw new CryptoException("the key is no seed of " + PRIVATE_KEY_BYTES + " bytes");
    }
    if (context.length > MAX_CONTEXT_BYTES) {
      throw new CryptoException("a context of " + context.length + " bytes");
    }
    try {
      MLDSASigner signer = new MLDSASigner();
      signer.init(
          true,
          new ParametersWithContext(
              new ParametersWithRandom(key(privateKey), new EntropyRandom(entropy)), context));
      signer.update(message, 0, message.length);
      return signer.generateSignature();
    } catch (org.bouncycastle.crypto.CryptoException | DataLengthException e) {
      throw new CryptoException("signing failed", e);
    }
  }

  @Override
  public final boolean verify(byte[] publicKey, byte[] message, byte[] signature)
      throws CryptoException {
    return verify(publicKey, message, NO_CONTEXT, signature);
  }

  /**
   * Verifies with a context string.
   *
   * @param context at most 255 bytes; a longer one fits no signature
   */
  final boolean verify(byte[] publicKey, byte[] message, byte[] context, byte[] signature)
      throws CryptoException {
    if (publicKey.length != publicKeyBytes) {
      throw new CryptoException("the key is no " + algorithm + " key");
    }
    if (signature.length != signatureBytes || context.length > MAX_CONTEXT_BYTES) {
      return false;
    }
    MLDSASigner signer = new MLDSASigner();
    signer.init(
        false,
        new ParametersWithContext(new MLDSAPublicKeyParameters(parameters, publicKey), context));
    signer.update(message, 0, message.length);
    return signer.verifySignature(signature);
  }
}
