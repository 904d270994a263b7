package io.coterie.crypto.mlkem.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import io.coterie.testkit.Vectors;
import java.util.HexFormat;
import org.bouncycastle.crypto.kems.MLKEMExtractor;
import org.bouncycastle.crypto.params.MLKEMParameters;
import org.bouncycastle.crypto.params.MLKEMPrivateKeyParameters;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Wycheproof's ML-KEM cases against the library that both hybrids are built on. */
@Tag("S4-2.1")
class MlKemVectorsTest {
  @ParameterizedTest
  @CsvSource({"768,193", "1024,193"})
  void agreesWithWycheproof(int size, int expected) throws Exception {
    MLKEMParameters parameters =
        size == 768 ? MLKEMParameters.ml_kem_768 : MLKEMParameters.ml_kem_1024;
    int cipherBytes = size == 768 ? 1088 : 1568;
    int seen = 0;
    for (JsonNode group :
        Vectors.read("wycheproof/mlkem_" + size + "_test.json.gz").get("testGroups")) {
      for (JsonNode test : group.get("tests")) {
        seen++;
        check(parameters, cipherBytes, test);
      }
    }
    assertEquals(expected, seen);
  }

  private static void check(MLKEMParameters parameters, int cipherBytes, JsonNode test) {
    String id = "case " + test.get("tcId");
    boolean valid = test.get("result").asText().equals("valid");
    byte[] secret;
    try {
      byte[] seed = hex(test, "seed");
      byte[] ciphertext = hex(test, "c");
      Lengths.check("seed", seed, 64);
      Lengths.check("ciphertext", ciphertext, cipherBytes);
      secret =
          new MLKEMExtractor(new MLKEMPrivateKeyParameters(parameters, seed))
              .extractSecret(ciphertext);
      if (test.has("ek") && valid) {
        assertArrayEquals(
            hex(test, "ek"), new MLKEMPrivateKeyParameters(parameters, seed).getPublicKey(), id);
      }
    } catch (Exception e) {
      if (valid) {
        fail(id, e);
      }
      return;
    }
    if (valid) {
      assertArrayEquals(hex(test, "K"), secret, id);
    } else {
      fail(id + " was accepted");
    }
  }

  private static byte[] hex(JsonNode node, String field) {
    return HexFormat.of().parseHex(node.get(field).asText());
  }
}
