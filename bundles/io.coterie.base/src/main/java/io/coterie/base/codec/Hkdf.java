package io.coterie.base.codec;

import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** HKDF with HMAC-SHA-256 (RFC 5869). Stateless and thread-safe. */
public final class Hkdf {
  public static final int HASH_BYTES = 32;
  private static final int MAX_BLOCKS = 255;

  private Hkdf() {}

  /** RFC 5869 section 2.2; an empty salt means 32 zero bytes. */
  public static byte[] extract(byte[] salt, byte[] inputKey) {
    return hmac(salt.length == 0 ? new byte[HASH_BYTES] : salt, inputKey);
  }

  /**
   * RFC 5869 section 2.3.
   *
   * @param lengthBytes 1 to 8160
   */
  public static byte[] expand(byte[] pseudoRandomKey, byte[] info, int lengthBytes) {
    int blocks = (lengthBytes + HASH_BYTES - 1) / HASH_BYTES;
    if (lengthBytes < 1 || blocks > MAX_BLOCKS) {
      throw new IllegalArgumentException("HKDF output of " + lengthBytes + " bytes");
    }
    byte[] out = new byte[blocks * HASH_BYTES];
    byte[] previous = new byte[0];
    for (int i = 1; i <= blocks; i++) {
      byte[] input = Arrays.copyOf(previous, previous.length + info.length + 1);
      System.arraycopy(info, 0, input, previous.length, info.length);
      input[input.length - 1] = (byte) i;
      previous = hmac(pseudoRandomKey, input);
      System.arraycopy(previous, 0, out, (i - 1) * HASH_BYTES, HASH_BYTES);
    }
    return Arrays.copyOf(out, lengthBytes);
  }

  /** Extract and expand. */
  public static byte[] derive(byte[] inputKey, byte[] salt, byte[] info, int lengthBytes) {
    byte[] pseudoRandomKey = extract(salt, inputKey);
    try {
      return expand(pseudoRandomKey, info, lengthBytes);
    } finally {
      Arrays.fill(pseudoRandomKey, (byte) 0);
    }
  }

  /** HMAC-SHA-256. */
  public static byte[] hmac(byte[] key, byte[] data) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(data);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HmacSHA256", e);
    }
  }
}
