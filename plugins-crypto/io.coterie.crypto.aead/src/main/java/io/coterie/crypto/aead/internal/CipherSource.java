package io.coterie.crypto.aead.internal;

import io.coterie.crypto.api.AeadContext;
import io.coterie.crypto.api.DestroyableKey;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.Provider;
import java.security.spec.AlgorithmParameterSpec;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;

/**
 * An AEAD by a JCA cipher.
 *
 * @param provider null for the JDK's own order
 * @param keyAlgorithm the name that the cipher wants its keys to have
 * @param gcm whether nonces are given as {@link GCMParameterSpec}
 * @param freshCipherForEachOpen SunJCE's ChaCha20 on 17 refuses to open twice under one nonce with
 *     one object
 */
record CipherSource(
    String name,
    Provider provider,
    String transformation,
    String keyAlgorithm,
    boolean gcm,
    boolean freshCipherForEachOpen)
    implements AeadSource {
  private static final int TAG_BITS = 128;

  @Override
  public AeadContext newContext() throws GeneralSecurityException {
    return new JcaAeadContext(this);
  }

  Cipher cipher() throws GeneralSecurityException {
    return provider == null
        ? Cipher.getInstance(transformation)
        : Cipher.getInstance(transformation, provider);
  }

  Key key(DestroyableKey key) {
    return key.getAlgorithm().equals(keyAlgorithm) ? key : new NamedKey(key, keyAlgorithm);
  }

  AlgorithmParameterSpec parameters(byte[] nonce) {
    return gcm ? new GCMParameterSpec(TAG_BITS, nonce) : new IvParameterSpec(nonce);
  }
}
