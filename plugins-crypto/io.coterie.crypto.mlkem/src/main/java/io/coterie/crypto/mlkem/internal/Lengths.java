package io.coterie.crypto.mlkem.internal;

import io.coterie.crypto.api.CryptoException;

/** Refuses encodings of the wrong length before a library sees them. */
final class Lengths {
  private Lengths() {}

  static void check(String what, byte[] encoding, int lengthBytes) throws CryptoException {
    if (encoding == null || encoding.length != lengthBytes) {
      throw new CryptoException(
          what
              + " has "
              + (encoding == null ? 0 : encoding.length)
              + " bytes, "
              + lengthBytes
              + " expected");
    }
  }
}
