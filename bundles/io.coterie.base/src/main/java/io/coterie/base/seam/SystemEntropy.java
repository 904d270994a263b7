package io.coterie.base.seam;

import java.security.SecureRandom;

/** The operating system's random generator, through the JDK. */
public final class SystemEntropy implements Entropy {
  private final SecureRandom random = new SecureRandom();

  @Override
  public void fill(byte[] target) {
    random.nextBytes(target);
  }
}
