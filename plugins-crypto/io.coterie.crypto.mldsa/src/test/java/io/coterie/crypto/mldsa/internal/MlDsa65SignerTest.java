package io.coterie.crypto.mldsa.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.EntropyRandom;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.Signer;
import io.coterie.testkit.SignerContract;
import io.coterie.testkit.Vectors;
import java.util.Arrays;
import java.util.HexFormat;
import org.bouncycastle.crypto.params.MLDSAParameters;
import org.bouncycastle.crypto.params.MLDSAPrivateKeyParameters;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.crypto.signers.MLDSASigner;
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
        assertEquals(valid(test), verify(publicKey, test), "case " + test.get("tcId"));
        checked++;
      }
    }
    assertEquals(210, checked);
  }

  private boolean verify(byte[] publicKey, JsonNode test) {
    try {
      return signer.verify(publicKey, hex(test, "msg"), context(test), hex(test, "sig"));
    } catch (CryptoException e) {
      return false;
    }
  }

  @Test
  void signaturesAgreeWithWycheproof() throws Exception {
    int checked = 0;
    for (JsonNode group :
        Vectors.read("wycheproof/mldsa_65_sign_seed_test.json.gz").get("testGroups")) {
      byte[] seed = hex(group, "privateSeed");
      for (JsonNode test : group.get("tests")) {
        String id = "case " + test.get("tcId");
        byte[] rnd = test.has("rnd") ? hex(test, "rnd") : new byte[32];
        Entropy fixed = target -> System.arraycopy(rnd, 0, target, 0, target.length);
        if (!valid(test)) {
          assertThrows(
              CryptoException.class,
              () -> signer.sign(seed, hex(test, "msg"), context(test), fixed),
              id);
        } else if (test.has("msg")) {
          assertArrayEquals(
              hex(test, "sig"), signer.sign(seed, hex(test, "msg"), context(test), fixed), id);
        } else {
          assertArrayEquals(hex(test, "sig"), signHashed(seed, hex(test, "mu"), fixed), id);
        }
        checked++;
      }
    }
    assertEquals(105, checked);
  }

  /** A message that was hashed elsewhere. We sign none, the library that we build on does. */
  private static byte[] signHashed(byte[] seed, byte[] mu, Entropy entropy) throws Exception {
    MLDSASigner library = new MLDSASigner();
    library.init(
        true,
        new ParametersWithRandom(
            new MLDSAPrivateKeyParameters(MLDSAParameters.ml_dsa_65, seed),
            new EntropyRandom(entropy)));
    return library.generateMuSignature(mu);
  }

  private static boolean valid(JsonNode test) {
    return test.get("result").asText().equals("valid");
  }

  private static byte[] context(JsonNode test) {
    return test.has("ctx") ? hex(test, "ctx") : new byte[0];
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
