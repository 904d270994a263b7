package io.coterie.crypto.mldsa.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.api.SessionCertificate;
import io.coterie.crypto.api.SessionCertificates;
import io.coterie.crypto.api.SessionStatement;
import io.coterie.crypto.api.Signer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class X509SessionCertificatesTest {
  private final SystemEntropy entropy = new SystemEntropy();
  private final X509SessionCertificates certificates = new X509SessionCertificates();

  private SessionStatement statement(Signer signer) {
    return new SessionStatement(
        entropy.bytes(32),
        7,
        signer.algorithm(),
        signer.generate(entropy).publicKey(),
        entropy.bytes(32),
        1_800_000_000L,
        1_800_086_400L);
  }

  @Test
  void whatWasIssuedIsReadForBothKeySizes() throws Exception {
    for (Signer signer : new Signer[] {new MlDsa65Signer(), new MlDsa87Signer()}) {
      SessionStatement said = statement(signer);
      byte[] postQuantum = entropy.bytes(4627);
      byte[] classical = entropy.bytes(64);
      byte[][] signed = new byte[1][];
      byte[] der =
          certificates.issue(
              said,
              postQuantum,
              m -> {
                signed[0] = m;
                return classical;
              },
              entropy);
      SessionCertificate read = certificates.parse(der);
      assertArrayEquals(said.encode(), read.statement().encode());
      assertArrayEquals(postQuantum, read.postQuantumSignature());
      assertArrayEquals(classical, read.classicalSignature());
      assertArrayEquals(signed[0], read.toBeSigned(), "what was signed is what is verified");
      assertEquals(signer.algorithm(), read.statement().algorithm());
    }
  }

  @Test
  void truncatedOversizedLongerAndRandomBytesAreRefused() throws Exception {
    byte[] der =
        certificates.issue(
            statement(new MlDsa65Signer()), new byte[4627], m -> new byte[64], entropy);
    for (int length : new int[] {0, 1, 10, der.length / 2, der.length - 1}) {
      byte[] cut = Arrays.copyOf(der, length);
      assertThrows(MalformedInputException.class, () -> certificates.parse(cut));
    }
    byte[] longer = Arrays.copyOf(der, der.length + 1);
    assertThrows(MalformedInputException.class, () -> certificates.parse(longer));
    byte[] huge = Arrays.copyOf(der, SessionCertificates.MAX_BYTES + 1);
    assertThrows(MalformedInputException.class, () -> certificates.parse(huge));
    Random random = new Random(11);
    for (int i = 0; i < 2_000; i++) {
      byte[] noise = new byte[random.nextInt(200)];
      random.nextBytes(noise);
      assertThrows(MalformedInputException.class, () -> certificates.parse(noise));
      byte[] bent = der.clone();
      for (int n = 0; n < 4; n++) {
        bent[random.nextInt(200)] = (byte) random.nextInt();
      }
      try {
        certificates.parse(bent);
      } catch (MalformedInputException e) {
        // either way: it never fails otherwise
      }
    }
  }
}
