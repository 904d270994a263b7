package io.coterie.crypto.mldsa.internal;

import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.EntropyRandom;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.SignatureKeyPair;
import io.coterie.crypto.api.Signer;
import java.io.IOException;
import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.crypto.generators.MLDSAKeyPairGenerator;
import org.bouncycastle.crypto.params.AsymmetricKeyParameter;
import org.bouncycastle.crypto.params.MLDSAKeyGenerationParameters;
import org.bouncycastle.crypto.params.MLDSAParameters;
import org.bouncycastle.crypto.params.MLDSAPrivateKeyParameters;
import org.bouncycastle.crypto.params.MLDSAPublicKeyParameters;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.crypto.signers.MLDSASigner;
import org.bouncycastle.crypto.util.PrivateKeyFactory;
import org.bouncycastle.crypto.util.PrivateKeyInfoFactory;
import org.bouncycastle.crypto.util.PublicKeyFactory;
import org.bouncycastle.crypto.util.SubjectPublicKeyInfoFactory;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** ML-DSA-65 (FIPS 204), hedged signing. */
@Component(property = Signer.ALGORITHM + "=" + Signer.ML_DSA_65)
public final class MlDsaSigner implements Signer {
  private static final int PUBLIC_KEY_BYTES = 1952;

  @Activate
  void activate() throws CryptoException {
    SystemEntropy entropy = new SystemEntropy();
    SignatureKeyPair keys = generate(entropy);
    byte[] message = {1, 2, 3};
    byte[] signature = sign(keys.privateKey(), message, entropy);
    boolean good = verify(keys.publicKey(), message, signature);
    signature[7] ^= 1;
    if (!good || verify(keys.publicKey(), message, signature)) {
      throw new CryptoException("ML-DSA-65 failed its self-test");
    }
  }

  @Override
  public String algorithm() {
    return ML_DSA_65;
  }

  @Override
  public String provider() {
    return "Bouncy Castle";
  }

  @Override
  public SignatureKeyPair generate(Entropy entropy) {
    MLDSAKeyPairGenerator generator = new MLDSAKeyPairGenerator();
    generator.init(
        new MLDSAKeyGenerationParameters(new EntropyRandom(entropy), MLDSAParameters.ml_dsa_65));
    AsymmetricCipherKeyPair pair = generator.generateKeyPair();
    try {
      return new SignatureKeyPair(
          SubjectPublicKeyInfoFactory.createSubjectPublicKeyInfo(pair.getPublic()).getEncoded(),
          PrivateKeyInfoFactory.createPrivateKeyInfo(pair.getPrivate()).getEncoded());
    } catch (IOException e) {
      throw new IllegalStateException("a fresh key has no encoding", e);
    }
  }

  @Override
  public byte[] sign(byte[] privateKey, byte[] message, Entropy entropy) throws CryptoException {
    try {
      AsymmetricKeyParameter key = PrivateKeyFactory.createKey(privateKey);
      if (!(key instanceof MLDSAPrivateKeyParameters)) {
        throw new CryptoException("the key is no ML-DSA key");
      }
      MLDSASigner signer = new MLDSASigner();
      signer.init(true, new ParametersWithRandom(key, new EntropyRandom(entropy)));
      signer.update(message, 0, message.length);
      return signer.generateSignature();
    } catch (IOException | org.bouncycastle.crypto.CryptoException | RuntimeException e) {
      throw new CryptoException("signing failed", e);
    }
  }

  @Override
  public boolean verify(byte[] publicKey, byte[] message, byte[] signature) throws CryptoException {
    AsymmetricKeyParameter key;
    try {
      key = PublicKeyFactory.createKey(publicKey);
    } catch (IOException | RuntimeException e) {
      throw new CryptoException("the public key is malformed", e);
    }
    if (!(key instanceof MLDSAPublicKeyParameters mldsa)
        || mldsa.getParameters() != MLDSAParameters.ml_dsa_65
        || mldsa.getEncoded().length != PUBLIC_KEY_BYTES) { // the library takes over-long keys
      throw new CryptoException("the key is no ML-DSA-65 key");
    }
    MLDSASigner signer = new MLDSASigner();
    signer.init(false, key);
    signer.update(message, 0, message.length);
    return signer.verifySignature(signature);
  }
}
