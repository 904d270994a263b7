package io.coterie.crypto.api;

import io.coterie.base.codec.ByteWriter;
import io.coterie.base.seam.Entropy;
import java.util.Arrays;

/**
 * Two signatures over the same message, one classical and one post-quantum, both of which must
 * verify. The message is bound to its purpose and to both algorithms, so that neither half can be
 * lifted into another place. Stateless and thread-safe.
 */
public final class HybridSigner {
  private static final String LABEL = "coterie-hybrid-signature-v1";

  private final Signer classical;
  private final Signer postQuantum;

  public HybridSigner(Signer classical, Signer postQuantum) {
    this.classical = classical;
    this.postQuantum = postQuantum;
  }

  /** Length of a signature: the classical one, then the post-quantum one. */
  public int signatureBytes() {
    return classical.signatureBytes() + postQuantum.signatureBytes();
  }

  /**
   * Signs with both keys.
   *
   * @param purpose what the signature is for; a verifier with another purpose refuses it
   */
  public byte[] sign(
      byte[] classicalKey, byte[] postQuantumKey, String purpose, byte[] message, Entropy entropy)
      throws CryptoException {
    byte[] bound = bind(purpose, message);
    return new ByteWriter()
        .raw(classical.sign(classicalKey, bound, entropy))
        .raw(postQuantum.sign(postQuantumKey, bound, entropy))
        .toByteArray();
  }

  /** True when both signatures are valid. */
  public boolean verify(
      byte[] classicalKey, byte[] postQuantumKey, String purpose, byte[] message, byte[] signature)
      throws CryptoException {
    if (signature.length != signatureBytes()) {
      return false;
    }
    byte[] bound = bind(purpose, message);
    int cut = classical.signatureBytes();
    boolean first = classical.verify(classicalKey, bound, Arrays.copyOf(signature, cut));
    boolean second =
        postQuantum.verify(
            postQuantumKey, bound, Arrays.copyOfRange(signature, cut, signature.length));
    return first & second;
  }

  private byte[] bind(String purpose, byte[] message) {
    return new ByteWriter()
        .text(LABEL)
        .text(classical.algorithm())
        .text(postQuantum.algorithm())
        .text(purpose)
        .bytes(message)
        .toByteArray();
  }
}
