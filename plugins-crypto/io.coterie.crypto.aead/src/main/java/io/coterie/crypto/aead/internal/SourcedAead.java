package io.coterie.crypto.aead.internal;

import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.AeadContext;
import java.security.GeneralSecurityException;

/** An implementation that passed its self-test. */
record SourcedAead(String algorithm, AeadSource source) implements Aead {
  @Override
  public String provider() {
    return source.name();
  }

  @Override
  public AeadContext newContext() {
    try {
      return source.newContext();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(algorithm + " passed its self-test and is gone", e);
    }
  }
}
