package io.coterie.volume.internal.engine;

import java.util.Arrays;

/** Finds blocks of zeroes. */
final class Zeroes {
  private static final byte[] NONE = new byte[4096];

  private Zeroes() {}

  static boolean only(byte[] data, int offset, int lengthBytes) {
    return Arrays.equals(data, offset, offset + lengthBytes, NONE, 0, lengthBytes);
  }
}
