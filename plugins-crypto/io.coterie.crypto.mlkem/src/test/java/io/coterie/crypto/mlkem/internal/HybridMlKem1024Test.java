package io.coterie.crypto.mlkem.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.Encapsulation;
import io.coterie.crypto.api.KemKeyPair;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("S1-3.1")
class HybridMlKem1024Test {
  private final HybridMlKem1024 kem = new HybridMlKem1024();
  private final SystemEntropy entropy = new SystemEntropy();

  @Test
  void bothSidesAgree() throws Exception {
    KemKeyPair pair = kem.generate(entropy);
    assertEquals(1600, pair.publicKey().length);
    Encapsulation sent = kem.encapsulate(pair.publicKey(), entropy);
    assertEquals(1600, sent.ciphertext().length);
    assertEquals(32, sent.sharedSecret().length);
    assertArrayEquals(sent.sharedSecret(), kem.decapsulate(pair.privateKey(), sent.ciphertext()));
  }

  @Test
  void anyAlteredHalfOfTheCiphertextChangesTheSecret() throws Exception {
    KemKeyPair pair = kem.generate(entropy);
    Encapsulation sent = kem.encapsulate(pair.publicKey(), entropy);
    for (int at : List.of(0, 1567, 1568, 1590)) {
      byte[] altered = sent.ciphertext().clone();
      altered[at] ^= 1;
      byte[] secret = kem.decapsulate(pair.privateKey(), altered);
      assertFalse(Arrays.equals(sent.sharedSecret(), secret), "byte " + at);
    }
  }

  @Test
  void refusesTheLowOrderPointOfX25519() {
    KemKeyPair pair = kem.generate(entropy);
    byte[] weak = pair.publicKey().clone();
    Arrays.fill(weak, 1568, 1600, (byte) 0);
    assertThrows(CryptoException.class, () -> kem.encapsulate(weak, entropy));
  }

  @Test
  void refusesWrongLengths() {
    assertThrows(CryptoException.class, () -> kem.encapsulate(new byte[1599], entropy));
    assertThrows(CryptoException.class, () -> kem.decapsulate(new byte[96], new byte[1601]));
    assertThrows(CryptoException.class, () -> kem.decapsulate(new byte[95], new byte[1600]));
  }
}
