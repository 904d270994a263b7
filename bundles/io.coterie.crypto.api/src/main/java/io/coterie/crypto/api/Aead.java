package io.coterie.crypto.api;

import org.osgi.annotation.versioning.ProviderType;

/**
 * Authenticated encryption with a 256-bit key, a 96-bit nonce and a 128-bit tag. Implemented by
 * crypto plugins; thread-safe. The work is done by a {@link AeadContext}, one a thread.
 */
@ProviderType
public interface Aead {
  /** Service property: the value of {@link #algorithm()}. */
  String ALGORITHM = "algorithm";

  String AES_256_GCM = "AES-256-GCM";
  String CHACHA20_POLY1305 = "ChaCha20-Poly1305";

  int KEY_BYTES = 32;
  int NONCE_BYTES = 12;
  int TAG_BYTES = 16;

  String algorithm();

  /** Which implementation the self-test chose, for people. */
  String provider();

  /**
   * A context for one thread at a time. Cheap enough to make one for each worker, not each call.
   */
  AeadContext newContext();
}
