package io.coterie.crypto.eddsa.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.Signer;
import io.coterie.testkit.SignerContract;
import io.coterie.testkit.Vectors;
import java.util.HexFormat;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("S2-2.1")
class Ed25519SignerTest extends SignerContract {
  private final Ed25519Signer signer = new Ed25519Signer();

  @Override
  protected Signer signer() {
    return signer;
  }

  @Test
  void theSelfTestPasses() throws Exception {
    signer.activate();
  }

  @Test
  void verificationAgreesWithWycheproof() throws Exception {
    int checked = 0;
    for (JsonNode group : Vectors.read("wycheproof/ed25519_test.json").get("testGroups")) {
      byte[] key = HexFormat.of().parseHex(group.get("publicKey").get("pk").asText());
      for (JsonNode test : group.get("tests")) {
        boolean valid = test.get("result").asText().equals("valid");
        boolean verified =
            signer.verify(
                key,
                HexFormat.of().parseHex(test.get("msg").asText()),
                HexFormat.of().parseHex(test.get("sig").asText()));
        assertEquals(valid, verified, "case " + test.get("tcId"));
        checked++;
      }
    }
    assertEquals(151, checked);
  }

  @Test
  void pointsOfSmallOrderAreNoKeys() {
    byte[] neutral = new byte[32];
    neutral[0] = 1;
    assertThrows(CryptoException.class, () -> signer.verify(neutral, new byte[1], new byte[64]));
    assertThrows(
        CryptoException.class, () -> signer.verify(new byte[32], new byte[1], new byte[64]));
  }
}
