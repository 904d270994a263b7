package io.coterie.crypto.api;

/**
 * A session certificate taken apart. Nothing of it is verified yet: both signatures are to be
 * checked with the identity keys that the roster has for the device.
 *
 * @param postQuantumSignature ML-DSA-87 over {@link SessionStatement#encode()}
 * @param toBeSigned the certificate's signed part, DER
 * @param classicalSignature Ed25519 over {@code toBeSigned}
 */
public record SessionCertificate(
    SessionStatement statement,
    byte[] postQuantumSignature,
    byte[] toBeSigned,
    byte[] classicalSignature) {}
