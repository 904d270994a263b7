package io.coterie.crypto.mlkem.internal;

import io.coterie.crypto.api.Kem;
import io.coterie.testkit.KemContract;

class XWingKemContractTest extends KemContract {
  @Override
  protected Kem kem() {
    return new XWingKem();
  }
}
