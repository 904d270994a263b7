package io.coterie.crypto.aead.internal;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.AeadContext;
import io.coterie.crypto.api.AuthenticationFailedException;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.DestroyableKey;
import org.junit.jupiter.api.Test;

class SelfTestTest {
  @Test
  void everyCandidateOfThisMachinePasses() {
    Candidates.all()
        .forEach(
            (algorithm, sources) ->
                sources.forEach(s -> assertDoesNotThrow(() -> SelfTest.run(algorithm, s))));
  }

  @Test
  void aMissingCipherFails() {
    AeadSource absent = new CipherSource("absent", null, "No/Such/Cipher", "AES", true, false);
    assertThrows(CryptoException.class, () -> SelfTest.run(Aead.AES_256_GCM, absent));
  }

  @Test
  void anotherAlgorithmUnderTheNameFails() {
    AeadSource aes = Candidates.all().get(Aead.AES_256_GCM).get(0);
    assertThrows(CryptoException.class, () -> SelfTest.run(Aead.CHACHA20_POLY1305, aes));
  }

  @Test
  void anImplementationThatTakesAlteredTagsFails() {
    AeadSource careless = new Careless(Candidates.all().get(Aead.AES_256_GCM).get(0));
    assertThrows(CryptoException.class, () -> SelfTest.run(Aead.AES_256_GCM, careless));
  }

  /** Does everything right but the one thing. */
  record Careless(AeadSource honest) implements AeadSource {
    @Override
    public String name() {
      return "careless";
    }

    @Override
    public AeadContext newContext() {
      AeadContext context = new SourcedAead(Aead.AES_256_GCM, honest).newContext();
      return new AeadContext() {
        private byte[] lastPlain;

        @Override
        public void seal(
            DestroyableKey key,
            byte[] nonce,
            byte[] aad,
            byte[] in,
            int inOffset,
            int lengthBytes,
            byte[] out,
            int outOffset) {
          lastPlain = in.clone();
          context.seal(key, nonce, aad, in, inOffset, lengthBytes, out, outOffset);
        }

        @Override
        public void open(
            DestroyableKey key,
            byte[] nonce,
            byte[] aad,
            byte[] in,
            int inOffset,
            int lengthBytes,
            byte[] out,
            int outOffset)
            throws AuthenticationFailedException {
          System.arraycopy(lastPlain, 0, out, outOffset, lengthBytes - Aead.TAG_BYTES);
        }
      };
    }
  }
}
