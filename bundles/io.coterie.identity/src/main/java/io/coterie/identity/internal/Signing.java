package io.coterie.identity.internal;

import io.coterie.base.hot.HotRef;
import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.crypto.api.HybridSigner;
import io.coterie.crypto.api.SessionCertificate;
import io.coterie.crypto.api.SessionStatement;
import io.coterie.crypto.api.SignatureKeyPair;
import io.coterie.crypto.api.Signer;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.DeviceKeys;
import java.util.Arrays;
import java.util.Map;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Signs and verifies with whichever implementations serve now. Thread-safe. */
@Component(service = Signing.class)
public final class Signing {
  private static final Logger LOG = LoggerFactory.getLogger(Signing.class);
  private static final long WAIT_MILLIS = 10_000;
  private static final long DRAIN_MILLIS = 5_000;

  private final Entropy entropy = new SystemEntropy();
  private final Map<String, HotRef<Signer>> signers =
      Map.of(
          Signer.ED25519, new HotRef<>(Signer.ED25519 + " signer", WAIT_MILLIS),
          Signer.ML_DSA_65, new HotRef<>(Signer.ML_DSA_65 + " signer", WAIT_MILLIS),
          Signer.ML_DSA_87, new HotRef<>(Signer.ML_DSA_87 + " signer", WAIT_MILLIS));

  @Reference(
      cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindSigner(Signer signer) {
    HotRef<Signer> ref = signers.get(signer.algorithm());
    if (ref != null) {
      ref.bind(signer);
    }
  }

  void unbindSigner(Signer signer) {
    HotRef<Signer> ref = signers.get(signer.algorithm());
    if (ref != null && !ref.unbind(signer, DRAIN_MILLIS)) {
      LOG.warn("COT-0206 a signer left while calls were in flight");
    }
  }

  SignatureKeyPair generate(String algorithm) {
    return signers.get(algorithm).call(s -> s.generate(entropy));
  }

  /** The Ed25519 keys of a seed. */
  SignatureKeyPair ed25519From(byte[] seed) {
    return from(Signer.ED25519, seed);
  }

  /** The ML-DSA-87 keys of a seed. */
  SignatureKeyPair mlDsa87From(byte[] seed) {
    return from(Signer.ML_DSA_87, seed);
  }

  private SignatureKeyPair from(String algorithm, byte[] seed) {
    // A signer's private key is the seed that it draws.
    return signers
        .get(algorithm)
        .call(s -> s.generate(target -> System.arraycopy(seed, 0, target, 0, target.length)));
  }

  /** Both signatures with keys from seeds. */
  byte[] hybrid(byte[] ed25519Seed, byte[] mlDsa87Seed, String purpose, byte[] message)
      throws CryptoException {
    return withBoth(h -> h.sign(ed25519Seed, mlDsa87Seed, purpose, message, entropy));
  }

  byte[] classical(PrivateKeys keys, byte[] message) throws CryptoException {
    return sign(Signer.ED25519, keys.ed25519(), message);
  }

  byte[] postQuantum(PrivateKeys keys, byte[] message) throws CryptoException {
    return sign(Signer.ML_DSA_87, keys.mlDsa87(), message);
  }

  private byte[] sign(String algorithm, DestroyableKey key, byte[] message) throws CryptoException {
    byte[] seed = key.getEncoded();
    try {
      return signers.get(algorithm).call(s -> s.sign(seed, message, entropy));
    } finally {
      Arrays.fill(seed, (byte) 0);
    }
  }

  /** Both signatures of an identity. */
  byte[] hybrid(PrivateKeys keys, String purpose, byte[] message) throws CryptoException {
    byte[] first = keys.ed25519().getEncoded();
    byte[] second = keys.mlDsa87().getEncoded();
    try {
      return withBoth(h -> h.sign(first, second, purpose, message, entropy));
    } finally {
      Arrays.fill(first, (byte) 0);
      Arrays.fill(second, (byte) 0);
    }
  }

  /** True when both keys of an identity signed the session that a peer showed. */
  public boolean verifySession(DeviceKeys keys, DeviceId id, SessionCertificate session) {
    SessionStatement said = session.statement();
    boolean hers =
        Arrays.equals(said.deviceId(), id.toByteArray())
            && said.keyGeneration() == keys.generation();
    return hers
        && verify(
            Signer.ED25519, keys.ed25519(), session.toBeSigned(), session.classicalSignature())
        && verify(Signer.ML_DSA_87, keys.mlDsa87(), said.encode(), session.postQuantumSignature());
  }

  private boolean verify(String algorithm, byte[] key, byte[] message, byte[] signature) {
    try {
      return signers.get(algorithm).call(s -> s.verify(key, message, signature));
    } catch (CryptoException e) {
      return false; // a key that is none signs nothing
    }
  }

  /** True when both signatures are valid under the keys. */
  public boolean verifyHybrid(
      byte[] ed25519, byte[] mlDsa87, String purpose, byte[] message, byte[] signature) {
    try {
      return withBoth(h -> h.verify(ed25519, mlDsa87, purpose, message, signature));
    } catch (CryptoException e) {
      return false; // a key that is none signs nothing
    }
  }

  private interface Act<R> {
    R run(HybridSigner signer) throws CryptoException;
  }

  private <R> R withBoth(Act<R> act) throws CryptoException {
    return signers
        .get(Signer.ED25519)
        .call(
            classical ->
                signers
                    .get(Signer.ML_DSA_87)
                    .call(postQuantum -> act.run(new HybridSigner(classical, postQuantum))));
  }
}
