package io.coterie.crypto.aead.internal;

import io.coterie.crypto.api.Aead;
import io.coterie.testkit.AeadContract;

class ChaChaByConscryptContractTest extends AeadContract {
  @Override
  protected Aead aead() {
    return Implementations.of(Aead.CHACHA20_POLY1305, "Conscrypt");
  }
}
