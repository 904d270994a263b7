package io.coterie.crypto.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.coterie.base.codec.Hkdf;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.crypto.api.ProcessorFeatures;
import io.coterie.testkit.Vectors;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SecretsTest {
  @Test
  @Tag("S1-1.7")
  void aDeadKeyGivesNothingAndIsZero() {
    byte[] bytes = {1, 2, 3, 4};
    DestroyableKey key = DestroyableKey.consume(bytes);
    assertArrayEquals(new byte[4], bytes, "the array that was handed over is wiped");
    assertArrayEquals(new byte[] {1, 2, 3, 4}, key.getEncoded());
    assertTrue(key.equals(new DestroyableKey(new byte[] {1, 2, 3, 4})));
    key.close();
    assertTrue(key.isDestroyed());
    assertThrows(IllegalStateException.class, key::getEncoded);
    assertThrows(IllegalStateException.class, () -> key.equals(new DestroyableKey(new byte[4])));
    assertFalse(key.toString().contains("1"));
    key.destroy();
  }

  @Test
  @Tag("S1-1.4")
  void hkdfAgreesWithWycheproof() throws Exception {
    int seen = 0;
    for (JsonNode group : Vectors.read("wycheproof/hkdf_sha256_test.json").get("testGroups")) {
      for (JsonNode test : group.get("tests")) {
        int size = test.get("size").asInt();
        if (test.get("result").asText().equals("valid")) {
          byte[] made = Hkdf.derive(hex(test, "ikm"), hex(test, "salt"), hex(test, "info"), size);
          assertArrayEquals(hex(test, "okm"), made, "case " + test.get("tcId"));
        } else {
          assertThrows(
              IllegalArgumentException.class,
              () -> Hkdf.derive(hex(test, "ikm"), hex(test, "salt"), hex(test, "info"), size));
        }
        seen++;
      }
    }
    assertTrue(seen > 50, seen + " cases");
  }

  @Test
  @Tag("S1-3.2")
  void processorFeaturesAreReadOnBothArchitectures() {
    ProcessorFeatures x86 =
        ProcessorFeatures.parse(List.of("processor : 0", "flags\t: fpu aes pclmulqdq sha_ni"));
    assertEquals(4, x86.count());
    assertEquals("AES-256-GCM", x86.preferredAead());
    ProcessorFeatures arm =
        ProcessorFeatures.parse(List.of("Features\t: fp asimd aes pmull sha1 sha2 crc32"));
    assertEquals(4, arm.count());
    ProcessorFeatures old = ProcessorFeatures.parse(List.of("flags : fpu sse2"));
    assertEquals(0, old.count());
    assertEquals("ChaCha20-Poly1305", old.preferredAead());
    assertEquals(0, ProcessorFeatures.parse(List.of()).count());
  }

  private static byte[] hex(JsonNode node, String field) {
    return HexFormat.of().parseHex(node.get(field).asText());
  }
}
