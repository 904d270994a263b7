package io.coterie.crypto.api;

/**
 * What a device certificate says.
 *
 * @param der the whole X.509 certificate
 * @param signaturePublicKey ML-DSA-65, its own encoding
 * @param kemPublicKey the device's {@link Kem#X25519_MLKEM1024} key, from the certificate's
 *     extension
 * @param commonName the device's own name for itself; not to be trusted
 */
public record DeviceCertificate(
    byte[] der, byte[] signaturePublicKey, byte[] kemPublicKey, String commonName) {}
