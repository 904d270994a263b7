package io.coterie.crypto.api;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.Hkdf;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.seam.Entropy;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Encrypts a short secret to the holder of a KEM key: one encapsulation, HKDF bound to the
 * ciphertext and the purpose, one AEAD. The key is used once, so the nonce is zero. Stateless and
 * thread-safe.
 */
public final class SealedBox {
  /** A longer payload is refused. */
  public static final int MAX_PAYLOAD_BYTES = 4096;

  private static final int VERSION = 1;
  private static final int MAX_FIELD_BYTES = 8192;

  private SealedBox() {}

  /**
   * Seals.
   *
   * @param purpose binds the box to its use; opening with another purpose fails
   */
  public static byte[] seal(
      Kem kem, Aead aead, byte[] publicKey, String purpose, byte[] payload, Entropy entropy)
      throws CryptoException {
    if (payload.length > MAX_PAYLOAD_BYTES) {
      throw new CryptoException("a sealed box holds at most " + MAX_PAYLOAD_BYTES + " bytes");
    }
    Encapsulation encapsulation = kem.encapsulate(publicKey, entropy);
    byte[] sealed = new byte[payload.length + Aead.TAG_BYTES];
    try (DestroyableKey key =
        key(kem, aead, encapsulation.sharedSecret(), encapsulation.ciphertext(), purpose)) {
      aead.newContext().seal(key, nonce(), aad(purpose), payload, 0, payload.length, sealed, 0);
    } finally {
      Arrays.fill(encapsulation.sharedSecret(), (byte) 0);
    }
    return new ByteWriter()
        .u8(VERSION)
        .text(kem.algorithm())
        .text(aead.algorithm())
        .bytes(encapsulation.ciphertext())
        .bytes(sealed)
        .toByteArray();
  }

  /**
   * Opens.
   *
   * @throws AuthenticationFailedException for another key, another purpose or altered bytes
   * @throws CryptoException for bytes that are no sealed box of these algorithms
   */
  public static byte[] open(Kem kem, Aead aead, byte[] privateKey, String purpose, byte[] box)
      throws CryptoException {
    byte[] ciphertext;
    byte[] sealed;
    try {
      ByteReader in = new ByteReader(box);
      if (in.u8() != VERSION
          || !in.text(64).equals(kem.algorithm())
          || !in.text(64).equals(aead.algorithm())) {
        throw new CryptoException("the sealed box has another version or algorithm");
      }
      ciphertext = in.bytes(MAX_FIELD_BYTES);
      sealed = in.bytes(MAX_FIELD_BYTES);
      in.end();
    } catch (MalformedInputException e) {
      throw new CryptoException("the sealed box is damaged: " + e.getMessage(), e);
    }
    if (sealed.length < Aead.TAG_BYTES) {
      throw new CryptoException("the sealed box is damaged: no tag");
    }
    byte[] payload = new byte[sealed.length - Aead.TAG_BYTES];
    byte[] secret = kem.decapsulate(privateKey, ciphertext);
    try (DestroyableKey key = key(kem, aead, secret, ciphertext, purpose)) {
      aead.newContext().open(key, nonce(), aad(purpose), sealed, 0, sealed.length, payload, 0);
    } finally {
      Arrays.fill(secret, (byte) 0);
    }
    return payload;
  }

  private static DestroyableKey key(
      Kem kem, Aead aead, byte[] secret, byte[] ciphertext, String purpose) {
    byte[] info =
        new ByteWriter()
            .text("coterie-sealed-box-v1")
            .text(kem.algorithm())
            .text(aead.algorithm())
            .text(purpose)
            .toByteArray();
    byte[] bytes = Hkdf.derive(secret, ciphertext, info, Aead.KEY_BYTES);
    try {
      return new DestroyableKey(bytes);
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
  }

  private static byte[] nonce() {
    return new byte[Aead.NONCE_BYTES];
  }

  private static byte[] aad(String purpose) {
    return purpose.getBytes(StandardCharsets.UTF_8);
  }
}
