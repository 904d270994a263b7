package io.coterie.crypto.api;

/** The record protections of TLS 1.3 that links use (RFC 8446 appendix B.4). */
public enum LinkCipher {
  AES_256_GCM("TLS_AES_256_GCM_SHA384", 0x1302, Aead.AES_256_GCM),
  CHACHA20_POLY1305("TLS_CHACHA20_POLY1305_SHA256", 0x1303, Aead.CHACHA20_POLY1305);

  private final String label;
  private final int id;
  private final String aead;

  LinkCipher(String label, int id, String aead) {
    this.label = label;
    this.id = id;
    this.aead = aead;
  }

  /** The name of the cipher suite. */
  public String label() {
    return label;
  }

  /** The number of the cipher suite. */
  public int id() {
    return id;
  }

  /** The algorithm of {@link Aead#algorithm()}. */
  public String aead() {
    return aead;
  }
}
