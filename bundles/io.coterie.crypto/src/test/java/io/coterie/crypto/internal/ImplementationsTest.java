package io.coterie.crypto.internal;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.aead.internal.AeadProviders;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.SignatureKeyPair;
import io.coterie.crypto.api.Signer;
import io.coterie.crypto.eddsa.internal.Ed25519Signer;
import io.coterie.crypto.mldsa.internal.MlDsa65Signer;
import io.coterie.crypto.mldsa.internal.MlDsa87Signer;
import io.coterie.crypto.mlkem.internal.HybridMlKem1024;
import io.coterie.crypto.mlkem.internal.XWingKem;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ImplementationsTest {
  private final Entropy entropy = new SystemEntropy();

  @Test
  void everyShippedImplementationPassesAndIsMeasured() throws Exception {
    List<Object> shipped =
        List.of(
            new Ed25519Signer(),
            new MlDsa65Signer(),
            new MlDsa87Signer(),
            new XWingKem(),
            new HybridMlKem1024(),
            AeadProviders.usual(Aead.AES_256_GCM),
            AeadProviders.usual(Aead.CHACHA20_POLY1305));
    for (Object service : shipped) {
      assertDoesNotThrow(() -> new SelfTests(entropy).run(service));
      List<Bench.Result> results = new Bench(entropy, 1).measure(service);
      assertTrue(results.size() >= 3);
      results.forEach(r -> assertTrue(r.micros() > 0, r.toString()));
    }
  }

  @Test
  @Tag("S1-3.3")
  void sha256IsMeasured() throws Exception {
    List<Bench.Result> results = new Bench(entropy, 1).measureSha256();
    assertEquals(2, results.size());
    results.forEach(r -> assertTrue(r.megabytesPerSecond() > 0, r.toString()));
  }

  @Test
  void aSignerThatAcceptsEverythingFails() {
    assertThrows(CryptoException.class, () -> new SelfTests(entropy).run(new Yes()));
    assertThrows(CryptoException.class, () -> new SelfTests(entropy).run("no algorithm"));
  }

  @Test
  void theOverviewNamesWhatServes() {
    Algorithms algorithms = new Algorithms();
    assertEquals(List.of(), algorithms.all());
    assertEquals(List.of(), algorithms.refused());
  }

  /** Takes any signature. */
  private static final class Yes implements Signer {
    @Override
    public String algorithm() {
      return "yes";
    }

    @Override
    public String provider() {
      return "nobody";
    }

    @Override
    public int publicKeyBytes() {
      return 1;
    }

    @Override
    public int signatureBytes() {
      return 1;
    }

    @Override
    public SignatureKeyPair generate(Entropy source) {
      return new SignatureKeyPair(new byte[1], new byte[1]);
    }

    @Override
    public byte[] sign(byte[] privateKey, byte[] message, Entropy source) {
      return new byte[1];
    }

    @Override
    public boolean verify(byte[] publicKey, byte[] message, byte[] signature) {
      return true;
    }
  }
}
