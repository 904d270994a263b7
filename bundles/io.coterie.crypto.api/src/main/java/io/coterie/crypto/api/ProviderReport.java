package io.coterie.crypto.api;

/**
 * How one implementation of an algorithm fared in its self-test.
 *
 * @param kind {@code aead}, {@code kem} or {@code signature}
 * @param offered whether it passed and serves, or would serve if it were the fastest
 * @param detail why it was refused, or empty
 */
public record ProviderReport(
    String kind, String algorithm, String provider, boolean offered, String detail) {}
