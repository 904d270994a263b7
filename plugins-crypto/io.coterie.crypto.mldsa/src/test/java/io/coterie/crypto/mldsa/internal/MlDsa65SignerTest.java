package io.coterie.crypto.mldsa.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.coterie.base.seam.Entropy;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.Signer;
import io.coterie.testkit.SignerContract;
import io.coterie.testkit.Vectors;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class MlDsa65SignerTest extends SignerContract {
  private final MlDsa65Signer signer = new MlDsa65Signer();

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
    for (JsonNode group :
        Vectors.read("wycheproof/mldsa_65_verify_test.json.gz").get("testGroups")) {
      byte[] publicKey = hex(group, "publicKey");
      for (JsonNode test : group.get("tests")) {
        boolean context = test.has("ctx") && !test.get("ctx").asText().isEmpty();
        if (context || !test.has("msg")) {
          continue; // device signatures use no context, and no messages hashed elsewhere
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
      return signer.verify(publicKey, hex(test, "msg"), hex(test, "sig"));
    } catch (CryptoException e) {
      return false;
    }
  }

  @Test
  void deterministicAndHedgedSignaturesAgreeWithWycheproof() throws Exception {
    int checked = 0;
    for (JsonNode group :
        Vectors.read("wycheproof/mldsa_65_sign_seed_test.json.gz").get("testGroups")) {
      byte[] seed = hex(group, "privateSeed");
      for (JsonNode test : group.get("tests")) {
        boolean context = test.has("ctx") && !test.get("ctx").asText().isEmpty();
        if (context || !test.has("msg") || !test.get("result").asText().equals("valid")) {
          continue;
        }
        byte[] rnd = test.has("rnd") ? hex(test, "rnd") : new byte[32];
        Entropy fixed = target -> System.arraycopy(rnd, 0, target, 0, target.length);
        byte[] signature = signer.sign(seed, hex(test, "msg"), fixed);
        assertArrayEquals(hex(test, "sig"), signature, "case " + test.get("tcId"));
        checked++;
      }
    }
    assertTrue(checked > 50, checked + " cases");
  }

  @Test
  void aSeedGivesItsKeyEachTime() {
    byte[] seed = new byte[32];
    Arrays.fill(seed, (byte) 7);
    Entropy fixed = target -> System.arraycopy(seed, 0, target, 0, target.length);
    assertArrayEquals(signer.generate(fixed).publicKey(), signer.generate(fixed).publicKey());
    assertArrayEquals(seed, signer.generate(fixed).privateKey());
  }

  private static byte[] hex(JsonNode node, String field) {
    return HexFormat.of().parseHex(node.get(field).asText());
  }
}
