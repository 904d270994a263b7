package io.coterie.crypto.mlkem.internal;

import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.EntropyRandom;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.Encapsulation;
import io.coterie.crypto.api.Kem;
import io.coterie.crypto.api.KemKeyPair;
import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.crypto.SecretWithEncapsulation;
import org.bouncycastle.pqc.crypto.xwing.XWingKEMExtractor;
import org.bouncycastle.pqc.crypto.xwing.XWingKEMGenerator;
import org.bouncycastle.pqc.crypto.xwing.XWingKeyGenerationParameters;
import org.bouncycastle.pqc.crypto.xwing.XWingKeyPairGenerator;
import org.bouncycastle.pqc.crypto.xwing.XWingPrivateKeyParameters;
import org.bouncycastle.pqc.crypto.xwing.XWingPublicKeyParameters;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * X25519 with ML-KEM-768 as X-Wing (draft-connolly-cfrg-xwing-kem). The private key is the 32-byte
 * seed.
 */
@Component(property = Kem.ALGORITHM + "=" + Kem.X25519_MLKEM768)
public final class XWingKem implements Kem {
  static final int SEED_BYTES = 32;
  static final int PUBLIC_KEY_BYTES = 1216;
  static final int CIPHERTEXT_BYTES = 1120;

  @Activate
  void activate() throws CryptoException {
    RoundTrip.selfTest(this, new SystemEntropy());
  }

  @Override
  public String algorithm() {
    return X25519_MLKEM768;
  }

  @Override
  public String provider() {
    return Provider.name();
  }

  @Override
  public KemKeyPair generate(Entropy entropy) {
    XWingKeyPairGenerator generator = new XWingKeyPairGenerator();
    generator.init(new XWingKeyGenerationParameters(new EntropyRandom(entropy)));
    AsymmetricCipherKeyPair pair = generator.generateKeyPair();
    return new KemKeyPair(
        ((XWingPublicKeyParameters) pair.getPublic()).getEncoded(),
        ((XWingPrivateKeyParameters) pair.getPrivate()).getSeed());
  }

  @Override
  public Encapsulation encapsulate(byte[] publicKey, Entropy entropy) throws CryptoException {
    Lengths.check("X-Wing public key", publicKey, PUBLIC_KEY_BYTES);
    try {
      SecretWithEncapsulation secret =
          new XWingKEMGenerator(new EntropyRandom(entropy))
              .generateEncapsulated(new XWingPublicKeyParameters(publicKey));
      return new Encapsulation(secret.getEncapsulation(), secret.getSecret());
    } catch (RuntimeException e) {
      throw new CryptoException("the X-Wing public key is malformed", e);
    }
  }

  @Override
  public byte[] decapsulate(byte[] privateKey, byte[] ciphertext) throws CryptoException {
    Lengths.check("X-Wing private key", privateKey, SEED_BYTES);
    Lengths.check("X-Wing ciphertext", ciphertext, CIPHERTEXT_BYTES);
    try {
      return new XWingKEMExtractor(new XWingPrivateKeyParameters(privateKey))
          .extractSecret(ciphertext);
    } catch (RuntimeException e) {
      throw new CryptoException("the X-Wing ciphertext is malformed", e);
    }
  }
}
