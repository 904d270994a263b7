package io.coterie.crypto.mldsa.internal;

import io.coterie.crypto.api.Signer;
import io.coterie.testkit.SignerContract;
import org.junit.jupiter.api.Test;

class MlDsa87SignerTest extends SignerContract {
  private final MlDsa87Signer signer = new MlDsa87Signer();

  @Override
  protected Signer signer() {
    return signer;
  }

  @Test
  void theSelfTestPasses() throws Exception {
    signer.activate();
  }
}
