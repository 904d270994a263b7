package io.coterie.crypto.api;

import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.SecretKey;

/**
 * A symmetric key that can die: after {@link #destroy()} its bytes are zero and every use throws.
 * Copies made inside a crypto provider are beyond its reach. Thread-safe.
 */
public final class DestroyableKey implements SecretKey, AutoCloseable {
  private static final long serialVersionUID = 1L;

  private final transient byte[] key;
  private volatile boolean destroyed;

  /** Takes a copy of the bytes; the caller wipes its own. */
  public DestroyableKey(byte[] key) {
    this.key = key.clone();
  }

  @Override
  public String getAlgorithm() {
    return "AES";
  }

  @Override
  public String getFormat() {
    return "RAW";
  }

  @Override
  public byte[] getEncoded() {
    if (destroyed) {
      throw new IllegalStateException("the key was destroyed");
    }
    return key.clone();
  }

  @Override
  public void destroy() {
    destroyed = true;
    Arrays.fill(key, (byte) 0);
  }

  @Override
  public boolean isDestroyed() {
    return destroyed;
  }

  @Override
  public void close() {
    destroy();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof DestroyableKey that && MessageDigest.isEqual(key, that.key);
  }

  @Override
  public int hashCode() {
    return DestroyableKey.class.hashCode();
  }

  @Override
  public String toString() {
    return "DestroyableKey";
  }
}
