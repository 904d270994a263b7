package io.coterie.crypto.aead.internal;

import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.AeadContext;
import java.security.GeneralSecurityException;

/** An AEAD over the chosen way to a cipher. */
abstract class ChosenAead implements Aead {
  private final String algorithm;
  private final CipherSource source;

  ChosenAead(String algorithm, CipherSource source) {
    this.algorithm = algorithm;
    this.source = source;
  }

  @Override
  public final String algorithm() {
    return algorithm;
  }

  @Override
  public final String provider() {
    return source.name();
  }

  @Override
  public final AeadContext newContext() {
    try {
      return new JcaAeadContext(source);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(algorithm + " passed its self-test and is gone", e);
    }
  }
}
