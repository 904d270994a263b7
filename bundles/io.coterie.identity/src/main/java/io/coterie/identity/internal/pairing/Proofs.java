package io.coterie.identity.internal.pairing;

import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.Hkdf;
import io.coterie.base.codec.Sha256;
import io.coterie.identity.internal.roster.Hash;

/**
 * What both sides of a pairing compute: proofs that they know the secret, bound to this very
 * connection, and the words. Stateless.
 */
final class Proofs {
  static final int NONCE_BYTES = 32;
  private static final String GUEST = "coterie-pair-guest-v1";
  private static final String HOST = "coterie-pair-host-v1";
  private static final String COMMITMENT = "coterie-pair-commitment-v1";
  private static final String WORDS = "coterie-pair-words-v1";

  private Proofs() {}

  static byte[] guest(byte[] secret, byte[] exporter, byte[] card, byte[] commitment) {
    return Hkdf.hmac(
        secret,
        new ByteWriter().text(GUEST).raw(exporter).bytes(card).raw(commitment).toByteArray());
  }

  static byte[] host(byte[] secret, byte[] exporter, Hash coterie, byte[] nonce) {
    return Hkdf.hmac(
        secret,
        new ByteWriter()
            .text(HOST)
            .raw(exporter)
            .raw(coterie.toByteArray())
            .raw(nonce)
            .toByteArray());
  }

  /** Fixes the guest's nonce before it sees the host's, so that nobody can steer the words. */
  static byte[] commitment(byte[] nonce) {
    return Sha256.of(new ByteWriter().text(COMMITMENT).raw(nonce).toByteArray());
  }

  static byte[] words(
      byte[] exporter, byte[] guestNonce, byte[] hostNonce, byte[] card, Hash coterie) {
    return Sha256.of(
        new ByteWriter()
            .text(WORDS)
            .raw(exporter)
            .raw(guestNonce)
            .raw(hostNonce)
            .bytes(card)
            .raw(coterie.toByteArray())
            .toByteArray());
  }
}
