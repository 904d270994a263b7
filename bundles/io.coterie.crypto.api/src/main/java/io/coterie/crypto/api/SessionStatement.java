package io.coterie.crypto.api;

import io.coterie.base.codec.ByteWriter;
import java.time.Duration;

/**
 * What the identity of a device says about the keys of one session.
 *
 * @param deviceId 32 bytes
 * @param keyGeneration the generation of the identity keys that sign it, from 1
 * @param algorithm {@link Signer#ML_DSA_65} or {@link Signer#ML_DSA_87}
 * @param publicKey the session's post-quantum key
 * @param ed25519PublicKey the session's classical key
 * @param notBeforeSeconds since 1970
 * @param notAfterSeconds since 1970
 */
public record SessionStatement(
    byte[] deviceId,
    long keyGeneration,
    String algorithm,
    byte[] publicKey,
    byte[] ed25519PublicKey,
    long notBeforeSeconds,
    long notAfterSeconds) {
  /** How long the keys of a session serve. */
  public static final Duration LIFETIME = Duration.ofHours(24);

  /** How long before and after that the certificate is good, for clocks that differ. */
  public static final Duration MARGIN = Duration.ofHours(1);

  private static final String LABEL = "coterie-session-v1";

  /** When the session began, since 1970. */
  public long issuedSeconds() {
    return notBeforeSeconds + MARGIN.toSeconds();
  }

  /** The bytes that the post-quantum identity key signs. */
  public byte[] encode() {
    return new ByteWriter()
        .text(LABEL)
        .raw(deviceId)
        .u64(keyGeneration)
        .text(algorithm)
        .bytes(publicKey)
        .bytes(ed25519PublicKey)
        .u64(notBeforeSeconds)
        .u64(notAfterSeconds)
        .toByteArray();
  }
}
