package io.coterie.base.seam;

/** Randomness as a dependency. Production uses the system's generator. Thread-safe. */
public interface Entropy {
  /** Fills the whole array with random bytes. */
  void fill(byte[] target);

  /** A fresh array of random bytes. */
  default byte[] bytes(int lengthBytes) {
    byte[] out = new byte[lengthBytes];
    fill(out);
    return out;
  }
}
