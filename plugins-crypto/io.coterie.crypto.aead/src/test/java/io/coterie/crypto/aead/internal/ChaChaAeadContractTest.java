package io.coterie.crypto.aead.internal;

import io.coterie.crypto.api.Aead;
import io.coterie.testkit.AeadContract;

class ChaChaAeadContractTest extends AeadContract {
  private final Aead aead = new ChaChaAead();

  @Override
  protected Aead aead() {
    return aead;
  }
}
