package io.coterie.crypto.aead.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.AeadContext;
import io.coterie.crypto.api.AuthenticationFailedException;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.testkit.Vectors;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Every candidate provider, not only the chosen one, against Wycheproof. */
@Tag("S1-1.3")
@Tag("S4-2.2")
class AeadVectorsTest {
  @Test
  void aes256GcmAgreesWithWycheproof() throws Exception {
    int checked = runAll("wycheproof/aes_gcm_test.json.gz", Aead.AES_256_GCM);
    assertTrue(checked >= 180, checked + " cases");
  }

  @Test
  void chacha20Poly1305AgreesWithWycheproof() throws Exception {
    int checked = runAll("wycheproof/chacha20_poly1305_test.json.gz", Aead.CHACHA20_POLY1305);
    assertTrue(checked >= 900, checked + " cases");
  }

  private static int runAll(String file, String algorithm) throws Exception {
    List<AeadSource> sources = Candidates.all().get(algorithm);
    assertEquals(3, sources.size(), "Conscrypt loads on this machine");
    int checked = 0;
    for (JsonNode group : Vectors.read(file).get("testGroups")) {
      boolean ours =
          group.get("keySize").asInt() == 256
              && group.get("ivSize").asInt() == 96
              && group.get("tagSize").asInt() == 128;
      for (JsonNode test : group.get("tests")) {
        for (AeadSource source : ours ? sources : List.<AeadSource>of()) {
          check(source, test);
          checked++;
        }
      }
    }
    return checked;
  }

  private static void check(AeadSource source, JsonNode test) throws Exception {
    String id = source.name() + " case " + test.get("tcId");
    byte[] plain = hex(test, "msg");
    byte[] tag = hex(test, "tag");
    byte[] sealed = Arrays.copyOf(hex(test, "ct"), plain.length + tag.length);
    System.arraycopy(tag, 0, sealed, plain.length, tag.length);
    AeadContext context = source.newContext();
    try (DestroyableKey key = new DestroyableKey(hex(test, "key"))) {
      byte[] opened = new byte[plain.length];
      boolean valid = test.get("result").asText().equals("valid");
      try {
        context.open(key, hex(test, "iv"), hex(test, "aad"), sealed, 0, sealed.length, opened, 0);
        assertTrue(valid, id + " was accepted");
        assertArrayEquals(plain, opened, id);
        byte[] again = new byte[sealed.length];
        context.seal(key, hex(test, "iv"), hex(test, "aad"), plain, 0, plain.length, again, 0);
        assertArrayEquals(sealed, again, id);
      } catch (AuthenticationFailedException e) {
        if (valid) {
          fail(id, e);
        }
      }
    }
  }

  private static byte[] hex(JsonNode node, String field) {
    return HexFormat.of().parseHex(node.get(field).asText());
  }
}
