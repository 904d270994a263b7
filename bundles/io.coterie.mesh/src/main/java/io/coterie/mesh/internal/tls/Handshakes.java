package io.coterie.mesh.internal.tls;

import io.coterie.base.codec.ByteWriter;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.Entropy;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.LinkCipher;
import io.coterie.crypto.api.ProcessorFeatures;
import io.coterie.crypto.api.Signer;
import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.LocalIdentity;
import java.io.IOException;
import java.util.function.Function;

/**
 * Makes the handshakes of this device (facts: TLS 1.3, one hybrid group, mutual session
 * certificates), and the second signature of each: Ed25519 over the exporter. Thread-safe.
 */
public final class Handshakes {
  private static final String AUTH = "coterie-link-auth-v2";

  private final LocalIdentity identity;
  private final PeerVerifier verifier;
  private final MeshCrypto crypto;
  private final Entropy entropy;
  private final Clock clock;
  private final ProcessorFeatures processor = ProcessorFeatures.ofThisMachine();

  public Handshakes(
      LocalIdentity identity,
      PeerVerifier verifier,
      MeshCrypto crypto,
      Entropy entropy,
      Clock clock) {
    this.identity = identity;
    this.verifier = verifier;
    this.crypto = crypto;
    this.entropy = entropy;
    this.clock = clock;
  }

  /**
   * The dialling side of a link; its cipher is the one that this processor does well.
   *
   * @param secret of the roster, for the token
   */
  public Handshake client(Suite suite, DeviceId responder, byte[] secret) {
    return make(
        suite,
        suite.cipherFor(processor),
        true,
        false,
        random -> HelloToken.link(secret, random, responder, clock.wallMillis()));
  }

  /** The accepting side of a link, after the client said what it wants. */
  public Handshake server(Suite suite, LinkCipher cipher) {
    return make(suite, cipher, false, false, random -> null);
  }

  /** The side of a pairing that was invited. */
  public Handshake guest(byte[] inviteId, byte[] secret) {
    return make(
        Suite.STANDARD,
        Suite.STANDARD.cipherFor(processor),
        true,
        true,
        random -> HelloToken.pair(secret, random, inviteId));
  }

  /** The side that asks a member for its roster. */
  public Handshake asking(DeviceId responder, byte[] secret) {
    return make(
        Suite.STANDARD,
        Suite.STANDARD.cipherFor(processor),
        true,
        true,
        random -> HelloToken.roster(secret, random, responder, clock.wallMillis()));
  }

  /** The inviting side of a pairing, or the one that is asked for its roster. */
  public Handshake host(Suite suite, LinkCipher cipher) {
    return make(suite, cipher, false, true, random -> null);
  }

  private Handshake make(
      Suite suite,
      LinkCipher cipher,
      boolean client,
      boolean pairing,
      Function<byte[], HelloToken> token) {
    return new Handshake(
        () -> {
          try {
            return new Party(suite, cipher, identity, verifier, crypto, entropy, pairing, token);
          } catch (CryptoException e) {
            throw new IOException("this device has no session keys: " + e.getMessage(), e);
          }
        },
        client);
  }

  /** True while the device is trusted. */
  public boolean trusted(DeviceId id) {
    return verifier.trusted(id);
  }

  /**
   * This side's second signature.
   *
   * @param text what the first frame says; bound together with both ids and the connection
   */
  public byte[] sign(SecureSession session, boolean dialler, byte[] text) throws IOException {
    try {
      return crypto.sign(
          Signer.ED25519,
          session.ed25519Seed(),
          auth(session, dialler, identity.id(), session.peer().id(), text));
    } catch (CryptoException e) {
      throw new IOException("the first frame could not be signed", e);
    }
  }

  /** Whether the peer's second signature is good. */
  public boolean verify(
      SecureSession session, boolean peerIsDialler, byte[] text, byte[] signature) {
    byte[] signed = auth(session, peerIsDialler, session.peer().id(), identity.id(), text);
    return crypto.verify(Signer.ED25519, session.peer().ed25519(), signed, signature);
  }

  /** Role and ids stand in the text, so that nothing can be reflected or shown to a third. */
  private static byte[] auth(
      SecureSession session, boolean dialler, DeviceId signer, DeviceId other, byte[] text) {
    return new ByteWriter()
        .text(AUTH)
        .text(session.suite().label())
        .u8(dialler ? 1 : 0)
        .raw(session.exporter())
        .raw(signer.toByteArray())
        .raw(other.toByteArray())
        .bytes(text)
        .toByteArray();
  }
}
