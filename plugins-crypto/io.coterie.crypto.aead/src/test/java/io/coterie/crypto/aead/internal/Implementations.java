package io.coterie.crypto.aead.internal;

import io.coterie.crypto.api.Aead;

/** The candidates by name. */
final class Implementations {
  private Implementations() {}

  static Aead of(String algorithm, String provider) {
    for (AeadSource source : Candidates.all().get(algorithm)) {
      if (source.name().equals(provider)) {
        return new SourcedAead(algorithm, source);
      }
    }
    throw new AssertionError(provider + " has no " + algorithm + " on this machine");
  }
}
