package io.coterie.identity.internal;

import io.coterie.base.codec.Hkdf;
import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.seam.Entropy;
import io.coterie.crypto.api.CryptoException;
import io.coterie.identity.internal.roster.RecoveryKeys;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/**
 * The secret behind a coterie's recovery keys, as text for paper: 30 random bytes and a check of
 * two, in the 32 characters of RFC 4648 section 6.
 */
public final class RecoveryCode {
  private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  private static final int SECRET_BYTES = 30;
  private static final int SUM_BYTES = 2;
  private static final int CHARS = 52;
  private static final int GROUP_CHARS = 4;
  private static final int BITS = 5;

  private final byte[] secret;

  private RecoveryCode(byte[] secret) {
    this.secret = secret;
  }

  public static RecoveryCode fresh(Entropy entropy) {
    return new RecoveryCode(entropy.bytes(SECRET_BYTES));
  }

  /**
   * From what a person typed: case, blanks and hyphens do not matter.
   *
   * @throws CoterieException COT-0316 when it is no code
   */
  public static RecoveryCode parse(String text) {
    String bare = text.replaceAll("[\\s-]", "").toUpperCase(Locale.ROOT);
    byte[] whole = new byte[SECRET_BYTES + SUM_BYTES];
    boolean good = bare.length() == CHARS;
    for (int i = 0; good && i < CHARS; i++) {
      int value = ALPHABET.indexOf(bare.charAt(i));
      good = value >= 0;
      for (int b = 0; good && b < BITS; b++) {
        int at = i * BITS + b;
        if ((value & 1 << (BITS - 1 - b)) != 0 && at < whole.length * 8) {
          whole[at / 8] |= (byte) (0x80 >> at % 8);
        }
      }
    }
    byte[] secret = Arrays.copyOf(whole, SECRET_BYTES);
    if (!good || !Arrays.equals(sum(secret), 0, SUM_BYTES, whole, SECRET_BYTES, whole.length)) {
      throw CoterieException.of(
          "COT-0316",
          ExitCode.USAGE,
          "this is no recovery code, or a character is wrong",
          "type all 13 groups as they were printed by coterie init");
    }
    return new RecoveryCode(secret);
  }

  /** Groups of four characters with hyphens between. */
  public String text() {
    byte[] whole = Arrays.copyOf(secret, SECRET_BYTES + SUM_BYTES);
    System.arraycopy(sum(secret), 0, whole, SECRET_BYTES, SUM_BYTES);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < CHARS; i++) {
      int value = 0;
      for (int b = 0; b < BITS; b++) {
        int at = i * BITS + b;
        boolean set = at < whole.length * 8 && (whole[at / 8] & 0x80 >> at % 8) != 0;
        value = value << 1 | (set ? 1 : 0);
      }
      text.append(i > 0 && i % GROUP_CHARS == 0 ? "-" : "").append(ALPHABET.charAt(value));
    }
    return text.toString();
  }

  private static byte[] sum(byte[] secret) {
    return Arrays.copyOf(Hkdf.hmac(secret, label("check")), SUM_BYTES);
  }

  private static byte[] label(String what) {
    return ("coterie-recovery-" + what + "-v1").getBytes(StandardCharsets.UTF_8);
  }

  public RecoveryKeys publicKeys(Signing signing) {
    return new RecoveryKeys(
        signing.ed25519From(seed("ed25519")).publicKey(),
        signing.mlDsa87From(seed("ml-dsa-87")).publicKey());
  }

  /** A hybrid signature with the recovery keys. */
  public byte[] sign(Signing signing, String purpose, byte[] message) throws CryptoException {
    return signing.hybrid(seed("ed25519"), seed("ml-dsa-87"), purpose, message);
  }

  private byte[] seed(String what) {
    return Hkdf.derive(secret, new byte[0], label(what), 32);
  }

  @Override
  public String toString() {
    return "RecoveryCode";
  }
}
