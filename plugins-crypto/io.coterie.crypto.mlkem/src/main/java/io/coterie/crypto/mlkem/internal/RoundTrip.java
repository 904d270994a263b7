package io.coterie.crypto.mlkem.internal;

import io.coterie.base.seam.Entropy;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.Encapsulation;
import io.coterie.crypto.api.Kem;
import io.coterie.crypto.api.KemKeyPair;
import java.security.MessageDigest;

/** The self-test of a KEM at start: it must agree with itself and reject an altered ciphertext. */
final class RoundTrip {
  private RoundTrip() {}

  static void selfTest(Kem kem, Entropy entropy) throws CryptoException {
    KemKeyPair pair = kem.generate(entropy);
    Encapsulation sent = kem.encapsulate(pair.publicKey(), entropy);
    byte[] received = kem.decapsulate(pair.privateKey(), sent.ciphertext());
    byte[] altered = sent.ciphertext().clone();
    altered[0] ^= 1;
    byte[] other = kem.decapsulate(pair.privateKey(), altered);
    if (!MessageDigest.isEqual(sent.sharedSecret(), received)
        || MessageDigest.isEqual(received, other)) {
      throw new CryptoException(kem.algorithm() + " failed its self-test");
    }
  }
}
