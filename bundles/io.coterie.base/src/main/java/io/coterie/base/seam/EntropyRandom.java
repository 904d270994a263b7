package io.coterie.base.seam;

import java.security.SecureRandom;

/** Lets a library that asks for a {@link SecureRandom} draw from the {@link Entropy} seam. */
public final class EntropyRandom extends SecureRandom {
  private static final long serialVersionUID = 1L;

  private final transient Entropy entropy;

  public EntropyRandom(Entropy entropy) {
    super(null, null);
    this.entropy = entropy;
  }

  @Override
  public void nextBytes(byte[] target) {
    entropy.fill(target);
  }

  @Override
  public byte[] generateSeed(int lengthBytes) {
    return entropy.bytes(lengthBytes);
  }

  @Override
  public void setSeed(long seed) {
    // The seam alone decides what comes out.
  }

  @Override
  public String getAlgorithm() {
    return "Entropy";
  }
}
