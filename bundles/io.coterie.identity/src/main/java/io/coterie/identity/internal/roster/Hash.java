package io.coterie.identity.internal.roster;

import java.util.Arrays;
import java.util.HexFormat;

/** A SHA-256 value that can be compared. Immutable. */
public final class Hash implements Comparable<Hash> {
  public static final int BYTES = 32;
  public static final Hash ZERO = new Hash(new byte[BYTES]);
  private static final int SHORT_CHARS = 8;

  private final byte[] bytes;

  public Hash(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException("a hash of " + bytes.length + " bytes");
    }
    this.bytes = bytes.clone();
  }

  public byte[] toByteArray() {
    return bytes.clone();
  }

  public String shortForm() {
    return toString().substring(0, SHORT_CHARS);
  }

  @Override
  public int compareTo(Hash that) {
    return Arrays.compareUnsigned(bytes, that.bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Hash that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return HexFormat.of().formatHex(bytes);
  }
}
