package io.coterie.identity.internal;

import io.coterie.base.hot.HotRef;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.Entropy;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.crypto.api.SessionCertificates;
import io.coterie.crypto.api.SessionStatement;
import io.coterie.crypto.api.SignatureKeyPair;
import io.coterie.crypto.api.Signer;
import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.SessionCredential;
import java.util.EnumMap;
import java.util.Map;

/**
 * Makes the keys and certificates of sessions, a fresh set for each suite and day, and one after a
 * rotation of the identity. Thread-safe.
 */
final class SessionIssuer {
  private final Clock clock;
  private final Entropy entropy;
  private final Signing signing;
  private final HotRef<SessionCertificates> certificates;
  private final Map<Suite, Issued> issued = new EnumMap<>(Suite.class);

  SessionIssuer(
      Clock clock, Entropy entropy, Signing signing, HotRef<SessionCertificates> certificates) {
    this.clock = clock;
    this.entropy = entropy;
    this.signing = signing;
    this.certificates = certificates;
  }

  /** Keys of a day, outside the heap, with the certificate that they are shown by. */
  private record Issued(
      byte[] certificate,
      DestroyableKey signatureSeed,
      DestroyableKey ed25519Seed,
      long generation,
      long wallMillis) {
    void destroy() {
      signatureSeed.destroy();
      ed25519Seed.destroy();
    }

    @Override
    public String toString() {
      return "Issued[generation " + generation + "]";
    }
  }

  synchronized SessionCredential credential(Suite suite, DeviceId id, PrivateKeys keys)
      throws CryptoException {
    long now = clock.wallMillis();
    Issued last = issued.get(suite);
    boolean good =
        last != null
            && last.generation() == keys.publicKeys().generation()
            && now >= last.wallMillis()
            && now - last.wallMillis() < SessionStatement.LIFETIME.toMillis();
    if (!good) {
      Issued before = last;
      last = issue(suite, id, keys, now);
      issued.put(suite, last);
      if (before != null) {
        before.destroy();
      }
    }
    return new SessionCredential(
        last.certificate().clone(),
        last.signatureSeed().getEncoded(),
        last.ed25519Seed().getEncoded());
  }

  /** The identity is another one now. */
  synchronized void forget() {
    issued.values().forEach(Issued::destroy);
    issued.clear();
  }

  private Issued issue(Suite suite, DeviceId id, PrivateKeys keys, long nowMillis)
      throws CryptoException {
    SignatureKeyPair postQuantum = signing.generate(suite.signature());
    SignatureKeyPair classical = signing.generate(Signer.ED25519);
    SessionStatement statement =
        new SessionStatement(
            id.toByteArray(),
            keys.publicKeys().generation(),
            suite.signature(),
            postQuantum.publicKey(),
            classical.publicKey(),
            (nowMillis - SessionStatement.MARGIN.toMillis()) / 1000,
            (nowMillis + SessionStatement.LIFETIME.plus(SessionStatement.MARGIN).toMillis())
                / 1000);
    byte[] signature = signing.postQuantum(keys, statement.encode());
    byte[] certificate =
        certificates.call(
            c -> c.issue(statement, signature, m -> signing.classical(keys, m), entropy));
    return new Issued(
        certificate,
        DestroyableKey.consume(postQuantum.privateKey()),
        DestroyableKey.consume(classical.privateKey()),
        keys.publicKeys().generation(),
        nowMillis);
  }
}
