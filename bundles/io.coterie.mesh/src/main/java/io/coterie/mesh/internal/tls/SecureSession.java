package io.coterie.mesh.internal.tls;

import io.coterie.crypto.api.LinkCipher;
import io.coterie.crypto.api.Suite;
import io.coterie.mesh.internal.mux.Terms;

/**
 * What a finished handshake gives.
 *
 * @param exporter 32 bytes that only both ends of this connection know
 * @param ed25519Seed of this side's session
 */
public record SecureSession(
    Suite suite,
    LinkCipher cipher,
    PeerVerifier.Verified peer,
    byte[] exporter,
    byte[] ed25519Seed,
    Records records) {
  /** What both ends agreed on. */
  public Terms terms() {
    return new Terms(suite, cipher, peer.certificate().statement().issuedSeconds());
  }

  @Override
  public String toString() {
    return "SecureSession[" + suite + "]";
  }
}
