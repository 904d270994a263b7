package io.coterie.crypto.mldsa.internal;

import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.Signer;
import org.bouncycastle.crypto.params.MLDSAParameters;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** ML-DSA-65, security category 3. */
@Component(service = Signer.class, property = Signer.ALGORITHM + "=" + Signer.ML_DSA_65)
public final class MlDsa65Signer extends MlDsaSigner {
  private static final String KEY_DIGEST =
      "d666806e11cee19a7c989f7445f90dd419cf4d2d51db8c0fdb4c0f0a542238c9";

  public MlDsa65Signer() {
    super(ML_DSA_65, MLDSAParameters.ml_dsa_65, 1952, 3309);
  }

  @Activate
  void activate() throws CryptoException {
    selfTest(KEY_DIGEST, new SystemEntropy());
  }
}
