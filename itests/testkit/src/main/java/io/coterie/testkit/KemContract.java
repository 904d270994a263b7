package io.coterie.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.Encapsulation;
import io.coterie.crypto.api.Kem;
import io.coterie.crypto.api.KemKeyPair;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/** What every {@link Kem} does, whoever made it. A plugin's test extends this. */
public abstract class KemContract {
  private final SystemEntropy entropy = new SystemEntropy();

  /** The mechanism under test. */
  protected abstract Kem kem();

  @Test
  public void bothSidesGetTheSameSecretOfThirtyTwoBytes() throws Exception {
    for (int i = 0; i < 20; i++) {
      KemKeyPair pair = kem().generate(entropy);
      Encapsulation sent = kem().encapsulate(pair.publicKey(), entropy);
      assertEquals(32, sent.sharedSecret().length);
      assertArrayEquals(
          sent.sharedSecret(), kem().decapsulate(pair.privateKey(), sent.ciphertext()));
    }
  }

  @Test
  public void everySecretAndCiphertextIsAnother() throws Exception {
    KemKeyPair pair = kem().generate(entropy);
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 50; i++) {
      Encapsulation sent = kem().encapsulate(pair.publicKey(), entropy);
      assertTrue(seen.add(Arrays.toString(sent.sharedSecret())));
      assertTrue(seen.add(Arrays.toString(sent.ciphertext())));
    }
  }

  @Test
  public void anAlteredCiphertextGivesAnotherSecretAndNoError() throws Exception {
    KemKeyPair pair = kem().generate(entropy);
    Encapsulation sent = kem().encapsulate(pair.publicKey(), entropy);
    for (int at = 0; at < sent.ciphertext().length; at += 37) {
      byte[] altered = sent.ciphertext().clone();
      altered[at] ^= 4;
      byte[] secret = kem().decapsulate(pair.privateKey(), altered);
      assertFalse(Arrays.equals(sent.sharedSecret(), secret), "byte " + at);
      assertArrayEquals(secret, kem().decapsulate(pair.privateKey(), altered), "always the same");
    }
  }

  @Test
  public void anotherKeyGivesAnotherSecret() throws Exception {
    Encapsulation sent = kem().encapsulate(kem().generate(entropy).publicKey(), entropy);
    byte[] other = kem().decapsulate(kem().generate(entropy).privateKey(), sent.ciphertext());
    assertFalse(Arrays.equals(sent.sharedSecret(), other));
  }

  @Test
  public void wrongLengthsAreRefused() throws Exception {
    KemKeyPair pair = kem().generate(entropy);
    byte[] ciphertext = kem().encapsulate(pair.publicKey(), entropy).ciphertext();
    for (int change : new int[] {-1, 1}) {
      byte[] publicKey = Arrays.copyOf(pair.publicKey(), pair.publicKey().length + change);
      byte[] privateKey = Arrays.copyOf(pair.privateKey(), pair.privateKey().length + change);
      byte[] cut = Arrays.copyOf(ciphertext, ciphertext.length + change);
      assertThrows(CryptoException.class, () -> kem().encapsulate(publicKey, entropy));
      assertThrows(CryptoException.class, () -> kem().decapsulate(privateKey, ciphertext));
      assertThrows(CryptoException.class, () -> kem().decapsulate(pair.privateKey(), cut));
    }
    assertThrows(CryptoException.class, () -> kem().encapsulate(new byte[0], entropy));
    assertThrows(CryptoException.class, () -> kem().decapsulate(pair.privateKey(), new byte[0]));
  }

  @Test
  public void manyThreadsMayUseIt() throws Exception {
    KemKeyPair pair = kem().generate(entropy);
    ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    Thread[] threads = new Thread[4];
    for (int i = 0; i < threads.length; i++) {
      threads[i] =
          new Thread(
              () -> {
                try {
                  for (int n = 0; n < 25; n++) {
                    Encapsulation sent = kem().encapsulate(pair.publicKey(), entropy);
                    assertArrayEquals(
                        sent.sharedSecret(),
                        kem().decapsulate(pair.privateKey(), sent.ciphertext()));
                  }
                } catch (CryptoException | AssertionError e) {
                  failures.add(e);
                }
              });
      threads[i].start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertTrue(failures.isEmpty(), failures.toString());
  }

  @Test
  public void itSaysWhatItIsAndPrintsNoKey() {
    assertFalse(kem().algorithm().isEmpty());
    assertFalse(kem().provider().isEmpty());
    assertTrue(kem().generate(entropy).toString().length() < 60);
  }
}
