package io.coterie.crypto.aead.internal;

import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.AeadContext;
import io.coterie.crypto.api.AuthenticationFailedException;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.DestroyableKey;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;

/**
 * What an implementation must do before it serves: give a published answer, open what it sealed
 * twice, and refuse an altered tag.
 */
final class SelfTest {
  private static final int REOPENINGS = 2;

  /** McGrew and Viega, The Galois/Counter Mode of Operation, test case 16. */
  private static final KnownAnswer AES_GCM =
      new KnownAnswer(
          "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
          "cafebabefacedbaddecaf888",
          "feedfacedeadbeeffeedfacedeadbeefabaddad2",
          "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
              + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
          "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
              + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
              + "76fc6ece0f4e1768cddf8853bb2d551b");

  /** RFC 8439 section 2.8.2. */
  private static final KnownAnswer CHACHA =
      new KnownAnswer(
          "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
          "070000004041424344454647",
          "50515253c0c1c2c3c4c5c6c7",
          "4c616469657320616e642047656e746c656d656e206f662074686520636c6173"
              + "73206f66202739393a204966204920636f756c64206f6666657220796f75206f"
              + "6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73"
              + "637265656e20776f756c642062652069742e",
          "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
              + "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
              + "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
              + "3ff4def08e4b7a9de576d26586cec64b6116"
              + "1ae10b594f09e26a7e902ecbd0600691");

  private static final Map<String, KnownAnswer> ANSWERS =
      Map.of(Aead.AES_256_GCM, AES_GCM, Aead.CHACHA20_POLY1305, CHACHA);

  private SelfTest() {}

  /** A published answer: {@code sealed} is ciphertext and tag. */
  private record KnownAnswer(String key, String nonce, String aad, String plain, String sealed) {}

  /** Throws when the implementation does not do what the algorithm does. */
  static void run(String algorithm, AeadSource source) throws CryptoException {
    try {
      check(source.newContext(), ANSWERS.get(algorithm));
    } catch (GeneralSecurityException | RuntimeException | LinkageError e) {
      throw new CryptoException(String.valueOf(e.getMessage()), e);
    }
  }

  private static void check(AeadContext context, KnownAnswer answer)
      throws AuthenticationFailedException {
    HexFormat hex = HexFormat.of();
    byte[] nonce = hex.parseHex(answer.nonce());
    byte[] aad = hex.parseHex(answer.aad());
    byte[] plain = hex.parseHex(answer.plain());
    byte[] expected = hex.parseHex(answer.sealed());
    try (DestroyableKey key = new DestroyableKey(hex.parseHex(answer.key()))) {
      byte[] sealed = new byte[plain.length + Aead.TAG_BYTES];
      context.seal(key, nonce, aad, plain, 0, plain.length, sealed, 0);
      require(Arrays.equals(sealed, expected), "the known answer");
      byte[] opened = new byte[plain.length];
      for (int i = 0; i < REOPENINGS; i++) {
        context.open(key, nonce, aad, sealed, 0, sealed.length, opened, 0);
        require(Arrays.equals(opened, plain), "what was opened");
      }
      sealed[sealed.length - 1] ^= 1;
      try {
        context.open(key, nonce, aad, sealed, 0, sealed.length, opened, 0);
      } catch (AuthenticationFailedException e) {
        return;
      }
      throw new IllegalStateException("an altered tag was accepted");
    }
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new IllegalStateException(what + " is wrong");
    }
  }
}
