package io.coterie.crypto.mldsa.internal;

import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.Signer;
import org.bouncycastle.crypto.params.MLDSAParameters;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** ML-DSA-87, security category 5. */
@Component(service = Signer.class, property = Signer.ALGORITHM + "=" + Signer.ML_DSA_87)
public final class MlDsa87Signer extends MlDsaSigner {
  private static final String KEY_DIGEST =
      "91dc389cfaa01470b7f66eee45a4ae9026d154817c754dfe22298b3fa241ffcd";

  public MlDsa87Signer() {
    super(ML_DSA_87, MLDSAParameters.ml_dsa_87, 2592, 4627);
  }

  @Activate
  void activate() throws CryptoException {
    selfTest(KEY_DIGEST, new SystemEntropy());
  }
}
