package io.coterie.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.SignatureKeyPair;
import io.coterie.crypto.api.Signer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** What every {@link Signer} does, whoever made it. A plugin's test extends this. */
public abstract class SignerContract {
  private final Entropy entropy = new SystemEntropy();

  /** The signer under test. */
  protected abstract Signer signer();

  @Test
  public void lengthsAreAsAnnounced() throws Exception {
    SignatureKeyPair keys = signer().generate(entropy);
    assertEquals(signer().publicKeyBytes(), keys.publicKey().length);
    assertEquals(Signer.PRIVATE_KEY_BYTES, keys.privateKey().length);
    byte[] signature = signer().sign(keys.privateKey(), new byte[0], entropy);
    assertEquals(signer().signatureBytes(), signature.length);
  }

  @Test
  public void onlyTheSignedMessageUnderTheKeyVerifies() throws Exception {
    SignatureKeyPair keys = signer().generate(entropy);
    byte[] message = entropy.bytes(1000);
    byte[] signature = signer().sign(keys.privateKey(), message, entropy);
    assertTrue(signer().verify(keys.publicKey(), message, signature));
    byte[] other = message.clone();
    other[999] ^= 1;
    assertFalse(signer().verify(keys.publicKey(), other, signature));
    assertFalse(signer().verify(signer().generate(entropy).publicKey(), message, signature));
  }

  @Test
  public void alteredCutAndLongerSignaturesAreRefused() throws Exception {
    SignatureKeyPair keys = signer().generate(entropy);
    byte[] message = {1, 2, 3};
    byte[] signature = signer().sign(keys.privateKey(), message, entropy);
    for (int at = 0; at < signature.length; at += Math.max(1, signature.length / 100)) {
      byte[] bad = signature.clone();
      bad[at] ^= 4;
      assertFalse(signer().verify(keys.publicKey(), message, bad), "byte " + at);
    }
    for (int length : new int[] {0, 1, signature.length - 1, signature.length + 1}) {
      byte[] cut = Arrays.copyOf(signature, length);
      assertFalse(signer().verify(keys.publicKey(), message, cut), "length " + length);
    }
  }

  @Test
  public void keysOfAnotherLengthAreRefused() {
    for (int length : new int[] {0, 1, 31, 33, signer().publicKeyBytes() + 1, 100_000}) {
      byte[] key = new byte[length];
      byte[] signature = new byte[signer().signatureBytes()];
      assertThrows(CryptoException.class, () -> signer().verify(key, new byte[1], signature));
      assertThrows(CryptoException.class, () -> signer().sign(key, new byte[1], entropy));
    }
  }
}
