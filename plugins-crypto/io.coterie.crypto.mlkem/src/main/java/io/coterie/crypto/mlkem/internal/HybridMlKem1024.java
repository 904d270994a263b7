package io.coterie.crypto.mlkem.internal;

import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.EntropyRandom;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.Encapsulation;
import io.coterie.crypto.api.Kem;
import io.coterie.crypto.api.KemKeyPair;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import org.bouncycastle.crypto.SecretWithEncapsulation;
import org.bouncycastle.crypto.digests.SHA384Digest;
import org.bouncycastle.crypto.digests.SHA3Digest;
import org.bouncycastle.crypto.generators.HKDFBytesGenerator;
import org.bouncycastle.crypto.kems.MLKEMExtractor;
import org.bouncycastle.crypto.kems.MLKEMGenerator;
import org.bouncycastle.crypto.params.HKDFParameters;
import org.bouncycastle.crypto.params.MLKEMParameters;
import org.bouncycastle.crypto.params.MLKEMPrivateKeyParameters;
import org.bouncycastle.crypto.params.MLKEMPublicKeyParameters;
import org.bouncycastle.crypto.params.X25519PrivateKeyParameters;
import org.bouncycastle.crypto.params.X25519PublicKeyParameters;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * X25519 with ML-KEM-1024 (FIPS 203) for keys at rest. Both must be broken to learn the secret.
 *
 * <p>secret = HKDF-SHA-384(ss_mlkem || ss_x25519, info = label || ct_mlkem || ephemeral X25519 key
 * || static X25519 key || SHA3-256(ML-KEM public key)), 32 bytes. Public key = ML-KEM key || X25519
 * key; private key = ML-KEM seed (d || z) || X25519 key; ciphertext = ML-KEM ciphertext ||
 * ephemeral X25519 key.
 */
@Component(property = Kem.ALGORITHM + "=" + Kem.X25519_MLKEM1024)
public final class HybridMlKem1024 implements Kem {
  static final int MLKEM_PUBLIC_BYTES = 1568;
  static final int MLKEM_SEED_BYTES = 64;
  static final int MLKEM_CIPHERTEXT_BYTES = 1568;
  static final int X25519_BYTES = 32;
  private static final byte[] LABEL =
      "coterie-kem-x25519-mlkem1024-v1".getBytes(StandardCharsets.US_ASCII);
  private static final int SECRET_BYTES = 32;

  @Activate
  void activate() throws CryptoException {
    RoundTrip.selfTest(this, new SystemEntropy());
  }

  @Override
  public String algorithm() {
    return X25519_MLKEM1024;
  }

  @Override
  public String provider() {
    return Provider.name();
  }

  @Override
  public KemKeyPair generate(Entropy entropy) {
    byte[] seed = entropy.bytes(MLKEM_SEED_BYTES);
    X25519PrivateKeyParameters x = new X25519PrivateKeyParameters(new EntropyRandom(entropy));
    byte[] publicKey =
        concat(mlkemPrivate(seed).getPublicKey(), x.generatePublicKey().getEncoded());
    return new KemKeyPair(publicKey, concat(seed, x.getEncoded()));
  }

  @Override
  public Encapsulation encapsulate(byte[] publicKey, Entropy entropy) throws CryptoException {
    Lengths.check("public key", publicKey, MLKEM_PUBLIC_BYTES + X25519_BYTES);
    byte[] mlkemPublic = Arrays.copyOf(publicKey, MLKEM_PUBLIC_BYTES);
    SecureRandom random = new EntropyRandom(entropy);
    try {
      SecretWithEncapsulation mlkem =
          new MLKEMGenerator(random)
              .generateEncapsulated(
                  new MLKEMPublicKeyParameters(MLKEMParameters.ml_kem_1024, mlkemPublic));
      X25519PublicKeyParameters peer = new X25519PublicKeyParameters(publicKey, MLKEM_PUBLIC_BYTES);
      X25519PrivateKeyParameters ephemeral = new X25519PrivateKeyParameters(random);
      byte[] agreed = agree(ephemeral, peer);
      byte[] ephemeralPublic = ephemeral.generatePublicKey().getEncoded();
      byte[] secret =
          combine(
              mlkem.getSecret(),
              agreed,
              mlkem.getEncapsulation(),
              ephemeralPublic,
              peer.getEncoded(),
              mlkemPublic);
      return new Encapsulation(concat(mlkem.getEncapsulation(), ephemeralPublic), secret);
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new CryptoException("the public key is malformed", e);
    }
  }

  @Override
  public byte[] decapsulate(byte[] privateKey, byte[] ciphertext) throws CryptoException {
    Lengths.check("private key", privateKey, MLKEM_SEED_BYTES + X25519_BYTES);
    Lengths.check("ciphertext", ciphertext, MLKEM_CIPHERTEXT_BYTES + X25519_BYTES);
    byte[] mlkemCiphertext = Arrays.copyOf(ciphertext, MLKEM_CIPHERTEXT_BYTES);
    byte[] ephemeralPublic =
        Arrays.copyOfRange(ciphertext, MLKEM_CIPHERTEXT_BYTES, ciphertext.length);
    try {
      MLKEMPrivateKeyParameters mlkem = mlkemPrivate(Arrays.copyOf(privateKey, MLKEM_SEED_BYTES));
      byte[] mlkemSecret = new MLKEMExtractor(mlkem).extractSecret(mlkemCiphertext);
      X25519PrivateKeyParameters x = new X25519PrivateKeyParameters(privateKey, MLKEM_SEED_BYTES);
      byte[] agreed = agree(x, new X25519PublicKeyParameters(ephemeralPublic, 0));
      return combine(
          mlkemSecret,
          agreed,
          mlkemCiphertext,
          ephemeralPublic,
          x.generatePublicKey().getEncoded(),
          mlkem.getPublicKey());
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new CryptoException("the ciphertext is malformed", e);
    }
  }

  private static MLKEMPrivateKeyParameters mlkemPrivate(byte[] seed) {
    return new MLKEMPrivateKeyParameters(MLKEMParameters.ml_kem_1024, seed);
  }

  /** X25519 (RFC 7748); an all-zero result (a low-order point) is refused by the library. */
  private static byte[] agree(X25519PrivateKeyParameters own, X25519PublicKeyParameters peer) {
    byte[] agreed = new byte[X25519_BYTES];
    own.generateSecret(peer, agreed, 0);
    return agreed;
  }

  private static byte[] combine(
      byte[] mlkemSecret,
      byte[] agreed,
      byte[] mlkemCiphertext,
      byte[] ephemeralPublic,
      byte[] staticPublic,
      byte[] mlkemPublic) {
    SHA3Digest digest = new SHA3Digest(256);
    digest.update(mlkemPublic, 0, mlkemPublic.length);
    byte[] mlkemPublicHash = new byte[digest.getDigestSize()];
    digest.doFinal(mlkemPublicHash, 0);
    byte[] info = concat(LABEL, mlkemCiphertext, ephemeralPublic, staticPublic, mlkemPublicHash);
    byte[] keyMaterial = concat(mlkemSecret, agreed);
    HKDFBytesGenerator hkdf = new HKDFBytesGenerator(new SHA384Digest());
    hkdf.init(new HKDFParameters(keyMaterial, null, info));
    byte[] secret = new byte[SECRET_BYTES];
    hkdf.generateBytes(secret, 0, secret.length);
    Arrays.fill(keyMaterial, (byte) 0);
    Arrays.fill(mlkemSecret, (byte) 0);
    Arrays.fill(agreed, (byte) 0);
    return secret;
  }

  private static byte[] concat(byte[]... parts) {
    int length = 0;
    for (byte[] part : parts) {
      length += part.length;
    }
    byte[] out = new byte[length];
    int at = 0;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, out, at, part.length);
      at += part.length;
    }
    return out;
  }
}
