package io.coterie.crypto.aead.internal;

import io.coterie.crypto.api.Aead;
import io.coterie.testkit.AeadContract;

class AesBySunJceContractTest extends AeadContract {
  @Override
  protected Aead aead() {
    return Implementations.of(Aead.AES_256_GCM, "SunJCE");
  }
}
