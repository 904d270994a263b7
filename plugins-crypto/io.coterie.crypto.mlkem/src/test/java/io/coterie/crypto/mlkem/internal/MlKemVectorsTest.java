package io.coterie.crypto.mlkem.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.EntropyRandom;
import io.coterie.crypto.api.CryptoException;
import io.coterie.testkit.Vectors;
import java.util.Arrays;
import java.util.HexFormat;
import org.bouncycastle.crypto.DataLengthException;
import org.bouncycastle.crypto.SecretWithEncapsulation;
import org.bouncycastle.crypto.digests.SHA384Digest;
import org.bouncycastle.crypto.generators.HKDFBytesGenerator;
import org.bouncycastle.crypto.kems.MLKEMExtractor;
import org.bouncycastle.crypto.kems.MLKEMGenerator;
import org.bouncycastle.crypto.params.HKDFParameters;
import org.bouncycastle.crypto.params.MLKEMParameters;
import org.bouncycastle.crypto.params.MLKEMPrivateKeyParameters;
import org.bouncycastle.crypto.params.MLKEMPublicKeyParameters;
import org.bouncycastle.math.ec.rfc7748.X25519;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Wycheproof's cases against the library that both hybrids are built on. */
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

  /**
   * Keys are seeds here and expanded ones are refused by their length, but what a seed becomes goes
   * the same way through the library.
   */
  @ParameterizedTest
  @CsvSource({"768,2400,1088", "1024,3168,1568"})
  void decapsulationWithExpandedKeysAgreesWithWycheproof(int size, int keyBytes, int cipherBytes)
      throws Exception {
    MLKEMParameters parameters =
        size == 768 ? MLKEMParameters.ml_kem_768 : MLKEMParameters.ml_kem_1024;
    int seen = 0;
    for (JsonNode group :
        Vectors.read("wycheproof/mlkem_" + size + "_semi_expanded_decaps_test.json")
            .get("testGroups")) {
      for (JsonNode test : group.get("tests")) {
        checkExpanded(parameters, keyBytes, cipherBytes, test);
        seen++;
      }
    }
    assertEquals(9, seen);
  }

  private static void checkExpanded(
      MLKEMParameters parameters, int keyBytes, int cipherBytes, JsonNode test) {
    String id = "case " + test.get("tcId");
    boolean valid = test.get("result").asText().equals("valid");
    byte[] key = hex(test, "dk");
    byte[] ciphertext = hex(test, "c");
    byte[] secret;
    try {
      Lengths.check("private key", key, keyBytes);
      Lengths.check("ciphertext", ciphertext, cipherBytes);
      secret =
          new MLKEMExtractor(new MLKEMPrivateKeyParameters(parameters, key))
              .extractSecret(ciphertext);
    } catch (CryptoException | IllegalArgumentException e) {
      if (valid) {
        fail(id, e);
      }
      return;
    }
    assertTrue(valid, id + " was accepted");
    assertArrayEquals(hex(test, "K"), secret, id);
  }

  @ParameterizedTest
  @CsvSource({"768", "1024"})
  void encapsulationAgreesWithWycheproof(int size) throws Exception {
    MLKEMParameters parameters =
        size == 768 ? MLKEMParameters.ml_kem_768 : MLKEMParameters.ml_kem_1024;
    int keyBytes = size == 768 ? 1184 : 1568;
    int seen = 0;
    for (JsonNode group :
        Vectors.read("wycheproof/mlkem_" + size + "_encaps_test.json.gz").get("testGroups")) {
      for (JsonNode test : group.get("tests")) {
        checkEncapsulation(parameters, keyBytes, test);
        seen++;
      }
    }
    assertTrue(seen > 100, seen + " cases");
  }

  private static void checkEncapsulation(MLKEMParameters parameters, int keyBytes, JsonNode test) {
    String id = "case " + test.get("tcId");
    boolean valid = test.get("result").asText().equals("valid");
    Entropy fixed = target -> System.arraycopy(hex(test, "m"), 0, target, 0, target.length);
    SecretWithEncapsulation sent;
    try {
      byte[] key = hex(test, "ek");
      Lengths.check("key", key, keyBytes);
      sent =
          new MLKEMGenerator(new EntropyRandom(fixed))
              .generateEncapsulated(new MLKEMPublicKeyParameters(parameters, key));
    } catch (CryptoException | RuntimeException e) {
      if (valid) {
        fail(id, e);
      }
      return;
    }
    assertTrue(valid, id + " was accepted");
    assertArrayEquals(hex(test, "c"), sent.getEncapsulation(), id);
    assertArrayEquals(hex(test, "K"), sent.getSecret(), id);
  }

  @ParameterizedTest
  @CsvSource({"768", "1024"})
  void keysFromSeedsAgreeWithWycheproof(int size) throws Exception {
    MLKEMParameters parameters =
        size == 768 ? MLKEMParameters.ml_kem_768 : MLKEMParameters.ml_kem_1024;
    int seen = 0;
    for (JsonNode group :
        Vectors.read("wycheproof/mlkem_" + size + "_keygen_seed_test.json.gz").get("testGroups")) {
      for (JsonNode test : group.get("tests")) {
        byte[] made = new MLKEMPrivateKeyParameters(parameters, hex(test, "seed")).getPublicKey();
        assertArrayEquals(hex(test, "ek"), made, "case " + test.get("tcId"));
        seen++;
      }
    }
    assertTrue(seen > 20, seen + " cases");
  }

  @Test
  @Tag("S4-2.3")
  void keysCiphertextAndSecretOfMlKem768HaveTheSizesOfTheStandard() {
    MLKEMPrivateKeyParameters key =
        new MLKEMPrivateKeyParameters(MLKEMParameters.ml_kem_768, new byte[64]);
    SecretWithEncapsulation sent =
        new MLKEMGenerator(new EntropyRandom(target -> Arrays.fill(target, (byte) 1)))
            .generateEncapsulated(key.getPublicKeyParameters());
    assertEquals(1184, key.getPublicKey().length);
    assertEquals(
        2400,
        key.getParametersWithFormat(MLKEMPrivateKeyParameters.EXPANDED_KEY).getEncoded().length);
    assertEquals(1088, sent.getEncapsulation().length);
    assertEquals(32, sent.getSecret().length);
  }

  @Test
  void x25519AgreesWithWycheproof() throws Exception {
    int seen = 0;
    for (JsonNode group : Vectors.read("wycheproof/x25519_test.json.gz").get("testGroups")) {
      for (JsonNode test : group.get("tests")) {
        String id = "case " + test.get("tcId");
        byte[] expected = hex(test, "shared");
        byte[] shared = new byte[32];
        boolean agreed =
            X25519.calculateAgreement(hex(test, "private"), 0, hex(test, "public"), 0, shared, 0);
        // A shared secret of zeros, from a point of small order, is refused: the caller is told.
        assertEquals(!Arrays.equals(expected, new byte[32]), agreed, id);
        assertArrayEquals(expected, shared, id);
        seen++;
      }
    }
    assertTrue(seen > 500, seen + " cases");
  }

  @Test
  void hkdfWithSha384AgreesWithWycheproof() throws Exception {
    int seen = 0;
    for (JsonNode group : Vectors.read("wycheproof/hkdf_sha384_test.json").get("testGroups")) {
      for (JsonNode test : group.get("tests")) {
        String id = "case " + test.get("tcId");
        HKDFBytesGenerator hkdf = new HKDFBytesGenerator(new SHA384Digest());
        hkdf.init(new HKDFParameters(hex(test, "ikm"), hex(test, "salt"), hex(test, "info")));
        byte[] made = new byte[test.get("size").asInt()];
        if (test.get("result").asText().equals("valid")) {
          hkdf.generateBytes(made, 0, made.length);
          assertArrayEquals(hex(test, "okm"), made, id);
        } else {
          assertThrows(
              DataLengthException.class, () -> hkdf.generateBytes(made, 0, made.length), id);
        }
        seen++;
      }
    }
    assertTrue(seen > 50, seen + " cases");
  }

  private static byte[] hex(JsonNode node, String field) {
    return HexFormat.of().parseHex(node.get(field).asText());
  }
}
