package io.coterie.crypto.internal;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.api.HybridSigner;
import io.coterie.crypto.api.SignatureKeyPair;
import io.coterie.crypto.api.Signer;
import io.coterie.crypto.eddsa.internal.Ed25519Signer;
import io.coterie.crypto.mldsa.internal.MlDsa87Signer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class HybridSignerTest {
  private final Entropy entropy = new SystemEntropy();
  private final Signer classical = new Ed25519Signer();
  private final Signer postQuantum = new MlDsa87Signer();
  private final HybridSigner hybrid = new HybridSigner(classical, postQuantum);
  private final SignatureKeyPair first = classical.generate(entropy);
  private final SignatureKeyPair second = postQuantum.generate(entropy);
  private final byte[] message = {1, 2, 3};

  private byte[] sign(SignatureKeyPair one, SignatureKeyPair two) throws Exception {
    return hybrid.sign(one.privateKey(), two.privateKey(), "test", message, entropy);
  }

  private boolean verify(byte[] signature) throws Exception {
    return hybrid.verify(first.publicKey(), second.publicKey(), "test", message, signature);
  }

  @Test
  void bothHalvesMustBeValid() throws Exception {
    assertTrue(verify(sign(first, second)));
    assertFalse(verify(sign(classical.generate(entropy), second)), "the classical half is wrong");
    assertFalse(
        verify(sign(first, postQuantum.generate(entropy))), "the post-quantum half is wrong");
  }

  @Test
  void anotherPurposeMessageOrLengthIsRefused() throws Exception {
    byte[] signature = sign(first, second);
    byte[] one = first.publicKey();
    byte[] two = second.publicKey();
    assertFalse(hybrid.verify(one, two, "another", message, signature));
    assertFalse(hybrid.verify(one, two, "test", new byte[] {1, 2}, signature));
    assertFalse(verify(Arrays.copyOf(signature, signature.length - 1)));
    assertFalse(verify(Arrays.copyOf(signature, signature.length + 1)));
    assertFalse(verify(new byte[0]));
  }

  @Test
  void aHalfIsNoSignatureOfTheMessageByItself() throws Exception {
    byte[] signature = sign(first, second);
    byte[] half = Arrays.copyOf(signature, classical.signatureBytes());
    assertFalse(classical.verify(first.publicKey(), message, half));
  }
}
