package io.coterie.crypto.argon2.internal;

import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.PasswordHash;
import java.util.Arrays;
import java.util.HexFormat;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Argon2id version 1.3 (RFC 9106) by Bouncy Castle. */
@Component(
    service = PasswordHash.class,
    property = PasswordHash.ALGORITHM + "=" + PasswordHash.ARGON2ID)
public final class Argon2idHash implements PasswordHash {
  private static final int MIN_LENGTH_BYTES = 4;
  private static final int MAX_LENGTH_BYTES = 64;

  /** RFC 9106 section 5.3. */
  private static final String KNOWN_TAG =
      "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659";

  @Activate
  void activate() throws CryptoException {
    Argon2Parameters.Builder known =
        builder(filled(16, 2), new Cost(3, 32, 4))
            .withSecret(filled(8, 3))
            .withAdditional(filled(12, 4));
    byte[] tag = generate(known, filled(32, 1), 32);
    if (!Arrays.equals(tag, HexFormat.of().parseHex(KNOWN_TAG))) {
      throw new CryptoException(ARGON2ID + " failed its self-test");
    }
  }

  private static byte[] filled(int lengthBytes, int value) {
    byte[] bytes = new byte[lengthBytes];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  @Override
  public String algorithm() {
    return ARGON2ID;
  }

  @Override
  public String provider() {
    return "Bouncy Castle";
  }

  @Override
  public synchronized byte[] derive(byte[] password, byte[] salt, Cost cost, int lengthBytes)
      throws CryptoException {
    boolean good =
        cost.allowed()
            && salt.length >= MIN_SALT_BYTES
            && lengthBytes >= MIN_LENGTH_BYTES
            && lengthBytes <= MAX_LENGTH_BYTES;
    if (!good) {
      throw new CryptoException(
          "a key of " + lengthBytes + " bytes, salt of " + salt.length + " bytes, " + cost);
    }
    return generate(builder(salt, cost), password, lengthBytes);
  }

  private static Argon2Parameters.Builder builder(byte[] salt, Cost cost) {
    return new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
        .withVersion(Argon2Parameters.ARGON2_VERSION_13)
        .withSalt(salt)
        .withIterations(cost.passes())
        .withMemoryAsKB(cost.memoryKib())
        .withParallelism(cost.lanes());
  }

  private static byte[] generate(
      Argon2Parameters.Builder parameters, byte[] password, int lengthBytes) {
    Argon2BytesGenerator generator = new Argon2BytesGenerator();
    generator.init(parameters.build());
    byte[] key = new byte[lengthBytes];
    generator.generateBytes(password, key);
    return key;
  }
}
