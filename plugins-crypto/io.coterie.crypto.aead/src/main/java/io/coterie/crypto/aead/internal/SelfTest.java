package io.coterie.crypto.aead.internal;

import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.AeadContext;
import io.coterie.crypto.api.AuthenticationFailedException;
import io.coterie.crypto.api.DestroyableKey;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses the first way to a cipher that passes a known-answer test, opens what it sealed twice,
 * and refuses an altered tag.
 */
final class SelfTest {
  private static final Logger LOG = LoggerFactory.getLogger(SelfTest.class);
  private static final int REOPENINGS = 2;

  private SelfTest() {}

  /**
   * A published answer.
   *
   * @param sealed ciphertext and tag
   */
  record KnownAnswer(String key, String nonce, String aad, String plain, String sealed) {}

  static CipherSource choose(String algorithm, List<CipherSource> candidates, KnownAnswer answer) {
    for (CipherSource source : candidates) {
      try {
        run(new JcaAeadContext(source), answer);
        LOG.info("{} is served by {}", algorithm, source.name());
        return source;
      } catch (GeneralSecurityException
          | AuthenticationFailedException
          | IllegalStateException
          | LinkageError e) {
        LOG.warn(
            "COT-0202 {} by {} failed its self-test: {}", algorithm, source.name(), e.toString());
      }
    }
    throw new IllegalStateException("no provider of " + algorithm + " passed its self-test");
  }

  static void run(AeadContext context, KnownAnswer answer) throws AuthenticationFailedException {
    HexFormat hex = HexFormat.of();
    byte[] nonce = hex.parseHex(answer.nonce());
    byte[] aad = hex.parseHex(answer.aad());
    byte[] plain = hex.parseHex(answer.plain());
    byte[] expected = hex.parseHex(answer.sealed());
    try (DestroyableKey key = new DestroyableKey(hex.parseHex(answer.key()))) {
      byte[] sealed = new byte[plain.length + Aead.TAG_BYTES];
      context.seal(key, nonce, aad, plain, 0, plain.length, sealed, 0);
      require(Arrays.equals(sealed, expected), "known answer");
      byte[] opened = new byte[plain.length];
      for (int i = 0; i < REOPENINGS; i++) {
        context.open(key, nonce, aad, sealed, 0, sealed.length, opened, 0);
        require(Arrays.equals(opened, plain), "opening");
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
