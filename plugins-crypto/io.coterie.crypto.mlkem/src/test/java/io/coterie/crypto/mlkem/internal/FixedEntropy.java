package io.coterie.crypto.mlkem.internal;

import io.coterie.base.seam.Entropy;

/** Gives out the bytes of a vector, in order, and no more. */
final class FixedEntropy implements Entropy {
  private final byte[] bytes;
  private int at;

  FixedEntropy(byte[] bytes) {
    this.bytes = bytes;
  }

  @Override
  public void fill(byte[] target) {
    System.arraycopy(bytes, at, target, 0, target.length);
    at += target.length;
  }
}
