package io.coterie.crypto.mldsa.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.api.DeviceCertificate;
import io.coterie.crypto.api.DeviceCertificates;
import io.coterie.crypto.api.SignatureKeyPair;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class X509DeviceCertificatesTest {
  private final SystemEntropy entropy = new SystemEntropy();
  private final MlDsa65Signer signer = new MlDsa65Signer();
  private final X509DeviceCertificates certificates = new X509DeviceCertificates(signer);
  private final SignatureKeyPair keys = signer.generate(entropy);
  private final byte[] kemKey = entropy.bytes(1600);

  private byte[] issue() throws Exception {
    return certificates.issue(keys, kemKey, "device-a", 0, 4_000_000_000_000L, entropy);
  }

  @Test
  void whatWasIssuedIsRead() throws Exception {
    DeviceCertificate read = certificates.parse(issue());
    assertArrayEquals(keys.publicKey(), read.signaturePublicKey());
    assertArrayEquals(kemKey, read.kemPublicKey());
    assertEquals("device-a", read.commonName());
  }

  @Test
  void anyFlippedByteIsRefused() throws Exception {
    byte[] der = issue();
    for (int at = 0; at < der.length; at += 97) {
      byte[] altered = der.clone();
      altered[at] ^= 0x20;
      assertThrows(MalformedInputException.class, () -> certificates.parse(altered), "byte " + at);
    }
  }

  @Test
  void truncatedOversizedAndEmptyBytesAreRefused() throws Exception {
    byte[] der = issue();
    for (int length : new int[] {0, 1, 10, der.length / 2, der.length - 1}) {
      byte[] cut = Arrays.copyOf(der, length);
      assertThrows(MalformedInputException.class, () -> certificates.parse(cut));
    }
    byte[] huge = Arrays.copyOf(der, DeviceCertificates.MAX_BYTES + 1);
    assertThrows(MalformedInputException.class, () -> certificates.parse(huge));
  }
}
