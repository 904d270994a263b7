package io.coterie.crypto.aead.internal;

import io.coterie.crypto.api.DestroyableKey;
import javax.crypto.SecretKey;

/** A key under the name that a cipher asks for. Holds no copy of its bytes. */
final class NamedKey implements SecretKey {
  private static final long serialVersionUID = 1L;

  private final transient DestroyableKey key;
  private final String algorithm;

  NamedKey(DestroyableKey key, String algorithm) {
    this.key = key;
    this.algorithm = algorithm;
  }

  @Override
  public String getAlgorithm() {
    return algorithm;
  }

  @Override
  public String getFormat() {
    return key.getFormat();
  }

  @Override
  public byte[] getEncoded() {
    return key.getEncoded();
  }

  @Override
  public String toString() {
    return "NamedKey[" + algorithm + "]";
  }
}
