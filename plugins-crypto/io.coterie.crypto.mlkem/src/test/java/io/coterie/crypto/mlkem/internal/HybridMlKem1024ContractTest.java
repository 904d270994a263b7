package io.coterie.crypto.mlkem.internal;

import io.coterie.crypto.api.Kem;
import io.coterie.testkit.KemContract;

class HybridMlKem1024ContractTest extends KemContract {
  @Override
  protected Kem kem() {
    return new HybridMlKem1024();
  }
}
