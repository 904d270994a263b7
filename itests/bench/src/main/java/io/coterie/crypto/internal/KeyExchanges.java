package io.coterie.crypto.internal;

import io.coterie.crypto.api.CryptoException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.util.Locale;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;

/**
 * What one key exchange costs, keys made anew for it: RSA-2048 and P-256 by the JDK beside
 * ML-KEM-768 (requirements S4-2.4 and S4-2.5).
 */
final class KeyExchanges {
  private static final int SECRET_BYTES = 32;

  private KeyExchanges() {}

  /** What may fail in the JDK. */
  private interface Work {
    void run() throws GeneralSecurityException;
  }

  /**
   * Prints the table.
   *
   * @return milliseconds of processor time of an exchange by RSA-2048
   */
  static double show(Bench bench, double mlKem768Millis) throws Exception {
    double rsa = rsa2048(bench);
    double ec = p256(bench);
    System.out.printf(Locale.ROOT, "%-12s %10s %12s%n", "exchange", "ms_cpu", "vs RSA-2048");
    row("RSA-2048", rsa, rsa);
    row("P-256", ec, rsa);
    row("ML-KEM-768", mlKem768Millis, rsa);
    return rsa;
  }

  private static void row(String name, double millis, double rsa) {
    System.out.printf(Locale.ROOT, "%-12s %10.3f %12.1f%n", name, millis, rsa / millis);
  }

  private static double rsa2048(Bench bench) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    KeyPair keys = generator.generateKeyPair();
    Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPWithSHA-256AndMGF1Padding");
    byte[] secret = new byte[SECRET_BYTES];
    cipher.init(Cipher.ENCRYPT_MODE, keys.getPublic());
    byte[] sealed = cipher.doFinal(secret);
    return show(bench, "RSA-2048", "keygen", generator::generateKeyPair)
        + show(
            bench,
            "RSA-2048",
            "encrypt",
            () -> {
              cipher.init(Cipher.ENCRYPT_MODE, keys.getPublic());
              cipher.doFinal(secret);
            })
        + show(
            bench,
            "RSA-2048",
            "decrypt",
            () -> {
              cipher.init(Cipher.DECRYPT_MODE, keys.getPrivate());
              cipher.doFinal(sealed);
            });
  }

  /** Ephemeral on both sides: two keys, two agreements. */
  private static double p256(Bench bench) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    KeyPair one = generator.generateKeyPair();
    KeyPair other = generator.generateKeyPair();
    double keygen = show(bench, "P-256", "keygen", generator::generateKeyPair);
    double agree =
        show(
            bench,
            "P-256",
            "agree",
            () -> {
              KeyAgreement agreement = KeyAgreement.getInstance("ECDH");
              agreement.init(one.getPrivate());
              agreement.doPhase(other.getPublic(), true);
              agreement.generateSecret();
            });
    return 2 * (keygen + agree);
  }

  /** Milliseconds. */
  private static double show(Bench bench, String name, String operation, Work work)
      throws CryptoException {
    double micros =
        bench
            .time(
                operation,
                () -> {
                  try {
                    work.run();
                  } catch (GeneralSecurityException e) {
                    throw new CryptoException(operation + " failed", e);
                  }
                })
            .micros();
    System.out.printf(Locale.ROOT, "%-20s %-10s %8.1f us%n", name, operation, micros);
    return micros / 1000;
  }
}
