package io.coterie.testkit;

import io.coterie.base.seam.Entropy;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.HybridSigner;
import io.coterie.crypto.api.SessionCertificates;
import io.coterie.crypto.api.SessionStatement;
import io.coterie.crypto.api.SignatureKeyPair;
import io.coterie.crypto.api.Signer;
import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.DeviceCard;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.DeviceKeys;
import io.coterie.mesh.api.LocalIdentity;
import io.coterie.mesh.api.SessionCredential;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** An identity with real keys from a seed, for tests and benches; it seals nothing. */
public final class MemoryIdentity implements LocalIdentity {
  private static final int KEM_BYTES = 1600;

  private final String name;
  private final Algorithms algorithms;
  private final Entropy entropy;
  private final SignatureKeyPair classical;
  private final SignatureKeyPair postQuantum;
  private final DeviceKeys keys;
  private final DeviceId id;
  private final Map<Suite, SessionCredential> sessions = new EnumMap<>(Suite.class);
  private long notBeforeSeconds = 1_000_000_000L;
  private long notAfterSeconds = 4_000_000_000L;

  /** The implementations to use; among the signers are Ed25519, ML-DSA-65 and ML-DSA-87. */
  public record Algorithms(List<Signer> signers, SessionCertificates certificates) {
    Signer signer(String algorithm) {
      return signers.stream()
          .filter(s -> s.algorithm().equals(algorithm))
          .findFirst()
          .orElseThrow();
    }
  }

  public MemoryIdentity(String name, long seed, Algorithms algorithms) {
    this(name, seed, 1, null, algorithms);
  }

  private MemoryIdentity(
      String name, long seed, long generation, DeviceId id, Algorithms algorithms) {
    Random random = new Random(seed);
    this.name = name;
    this.algorithms = algorithms;
    this.entropy = random::nextBytes;
    this.classical = algorithms.signer(Signer.ED25519).generate(entropy);
    this.postQuantum = algorithms.signer(Signer.ML_DSA_87).generate(entropy);
    this.keys =
        new DeviceKeys(
            generation, classical.publicKey(), postQuantum.publicKey(), entropy.bytes(KEM_BYTES));
    this.id = id == null ? DeviceId.of(keys) : id;
  }

  /** The same device with other keys of the next generation. */
  public MemoryIdentity rotated(long seed) {
    return new MemoryIdentity(name, seed, keys.generation() + 1, id, algorithms);
  }

  /** Sessions made from now on are good in this time only. */
  public synchronized void limitSessions(long fromSeconds, long untilSeconds) {
    sessions.clear();
    notBeforeSeconds = fromSeconds;
    notAfterSeconds = untilSeconds;
  }

  @Override
  public DeviceId id() {
    return id;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public DeviceKeys keys() {
    return keys;
  }

  public DeviceCard card() throws CryptoException {
    return DeviceCard.of(name, this);
  }

  @Override
  public byte[] sign(String purpose, byte[] message) throws CryptoException {
    return new HybridSigner(algorithms.signer(Signer.ED25519), algorithms.signer(Signer.ML_DSA_87))
        .sign(classical.privateKey(), postQuantum.privateKey(), purpose, message, entropy);
  }

  @Override
  public synchronized SessionCredential session(Suite suite) throws CryptoException {
    SessionCredential made = sessions.get(suite);
    if (made == null) {
      made = issue(suite);
      sessions.put(suite, made);
    }
    return new SessionCredential(
        made.certificate(), made.signatureSeed().clone(), made.ed25519Seed().clone());
  }

  private SessionCredential issue(Suite suite) throws CryptoException {
    SignatureKeyPair second = algorithms.signer(suite.signature()).generate(entropy);
    SignatureKeyPair first = algorithms.signer(Signer.ED25519).generate(entropy);
    SessionStatement statement =
        new SessionStatement(
            id.toByteArray(),
            keys.generation(),
            suite.signature(),
            second.publicKey(),
            first.publicKey(),
            notBeforeSeconds,
            notAfterSeconds);
    byte[] signature =
        algorithms
            .signer(Signer.ML_DSA_87)
            .sign(postQuantum.privateKey(), statement.encode(), entropy);
    byte[] certificate =
        algorithms
            .certificates()
            .issue(
                statement,
                signature,
                m -> algorithms.signer(Signer.ED25519).sign(classical.privateKey(), m, entropy),
                entropy);
    return new SessionCredential(certificate, second.privateKey(), first.privateKey());
  }

  @Override
  public byte[] unseal(String purpose, byte[] box) {
    throw new IllegalStateException("this identity seals nothing");
  }

  @Override
  public byte[] seal(byte[] kemPublicKey, String purpose, byte[] payload) {
    throw new IllegalStateException("this identity seals nothing");
  }
}
