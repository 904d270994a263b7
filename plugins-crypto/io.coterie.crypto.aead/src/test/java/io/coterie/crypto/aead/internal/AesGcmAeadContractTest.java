package io.coterie.crypto.aead.internal;

import io.coterie.crypto.api.Aead;
import io.coterie.testkit.AeadContract;

class AesGcmAeadContractTest extends AeadContract {
  private final Aead aead = new AesGcmAead();

  @Override
  protected Aead aead() {
    return aead;
  }
}
