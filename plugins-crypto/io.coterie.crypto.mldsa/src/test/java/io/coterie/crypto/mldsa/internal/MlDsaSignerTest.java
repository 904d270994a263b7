package io.coterie.crypto.mldsa.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.SignatureKeyPair;
import io.coterie.testkit.Vectors;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class MlDsaSignerTest {
  private final MlDsaSigner signer = new MlDsaSigner();
  private final SystemEntropy entropy = new SystemEntropy();

  @Test
  void verificationAgreesWithWycheproof() throws Exception {
    int checked = 0;
    for (JsonNode group :
        Vectors.read("wycheproof/mldsa_65_verify_test.json.gz").get("testGroups")) {
      if (!group.has("publicKeyDer") || group.get("publicKeyDer").isNull()) {
        continue;
      }
      byte[] publicKey = HexFormat.of().parseHex(group.get("publicKeyDer").asText());
      for (JsonNode test : group.get("tests")) {
        if (test.has("ctx") && !test.get("ctx").asText().isEmpty()) {
          continue; // device signatures use no context
        }
        boolean valid = test.get("result").asText().equals("valid");
        assertEquals(valid, verify(publicKey, test), "case " + test.get("tcId"));
        checked++;
      }
    }
    assertTrue(checked > 100, checked + " cases");
  }

  private boolean verify(byte[] publicKey, JsonNode test) {
    try {
      return signer.verify(
          publicKey,
          HexFormat.of().parseHex(test.get("msg").asText()),
          HexFormat.of().parseHex(test.get("sig").asText()));
    } catch (CryptoException e) {
      return false;
    }
  }

  @Test
  void anotherMessageOrKeyIsRefused() throws Exception {
    SignatureKeyPair keys = signer.generate(entropy);
    byte[] signature = signer.sign(keys.privateKey(), new byte[] {1}, entropy);
    assertTrue(signer.verify(keys.publicKey(), new byte[] {1}, signature));
    assertFalse(signer.verify(keys.publicKey(), new byte[] {2}, signature));
    assertFalse(signer.verify(signer.generate(entropy).publicKey(), new byte[] {1}, signature));
  }

  @Test
  void foreignAndTruncatedKeysAreRefused() {
    assertThrows(
        CryptoException.class, () -> signer.verify(new byte[10], new byte[1], new byte[3309]));
    assertThrows(CryptoException.class, () -> signer.sign(new byte[0], new byte[1], entropy));
  }
}
