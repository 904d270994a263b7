package io.coterie.crypto.api;

/**
 * A key that this device holds, for people. Never the key itself.
 *
 * @param id a short name, see {@link #name}
 * @param use what it is for, in words
 * @param fingerprint 64 hexadecimal digits: SHA-256 of a public key, or what HKDF-SHA-256 derives
 *     from a secret one under a label of its own; empty when the key could not be read
 * @param detail more, in words
 */
public record KeyReport(
    String id, String use, String algorithm, String fingerprint, String detail) {
  private static final int SHORT_DIGITS = 8;

  /**
   * Names a key by its kind, whose it is, and the beginning of its fingerprint: {@code
   * vm-web-92056d98}.
   */
  public static String name(String kind, String owner, String fingerprint) {
    return kind + "-" + owner + "-" + fingerprint.substring(0, SHORT_DIGITS);
  }
}
