package io.coterie.crypto.api;

import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.SecretKey;

/**
 * A secret that can die. Its bytes live outside the heap, where the garbage collector makes no
 * copies and a heap dump does not reach; after {@link #destroy()} they are zero and every use
 * throws. Copies made inside a crypto provider are beyond its reach. Thread-safe.
 */
public final class DestroyableKey implements SecretKey, AutoCloseable {
  private static final long serialVersionUID = 1L;

  private final transient ByteBuffer key;
  private volatile boolean destroyed;

  /** Takes a copy of the bytes; the caller wipes its own. */
  public DestroyableKey(byte[] key) {
    this.key = ByteBuffer.allocateDirect(key.length);
    this.key.put(0, key);
  }

  /** Takes the bytes and wipes the array. */
  public static DestroyableKey consume(byte[] key) {
    try {
      return new DestroyableKey(key);
    } finally {
      Arrays.fill(key, (byte) 0);
    }
  }

  @Override
  public String getAlgorithm() {
    return "AES";
  }

  @Override
  public String getFormat() {
    return "RAW";
  }

  public int lengthBytes() {
    return key.capacity();
  }

  /** A copy, which the caller wipes. */
  @Override
  public byte[] getEncoded() {
    byte[] out = new byte[key.capacity()];
    key.get(0, out);
    // The bytes are looked at before the flag: what was read is the key or is thrown away.
    VarHandle.loadLoadFence();
    if (destroyed) {
      throw new IllegalStateException("the key was destroyed");
    }
    return out;
  }

  @Override
  public void destroy() {
    destroyed = true;
    VarHandle.fullFence();
    for (int i = 0; i < key.capacity(); i++) {
      key.put(i, (byte) 0);
    }
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
    if (!(other instanceof DestroyableKey that)) {
      return false;
    }
    byte[] mine = getEncoded();
    byte[] theirs = that.getEncoded();
    try {
      return MessageDigest.isEqual(mine, theirs);
    } finally {
      Arrays.fill(mine, (byte) 0);
      Arrays.fill(theirs, (byte) 0);
    }
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
