package io.coterie.crypto.mlkem.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.Encapsulation;
import io.coterie.crypto.api.Kem;
import io.coterie.testkit.Vectors;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("S0-8.9")
class XWingKemTest {
  private final XWingKem kem = new XWingKem();

  @Test
  void agreesWithAllDraftVectors() throws Exception {
    JsonNode cases = Vectors.read("xwing/test-vectors.json");
    assertEquals(3, cases.size());
    for (JsonNode c : cases) {
      byte[] privateKey = hex(c, "sk");
      assertArrayEquals(hex(c, "ss"), kem.decapsulate(privateKey, hex(c, "ct")));
      Encapsulation sent = kem.encapsulate(hex(c, "pk"), new FixedEntropy(hex(c, "eseed")));
      assertArrayEquals(hex(c, "ct"), sent.ciphertext());
      assertArrayEquals(hex(c, "ss"), sent.sharedSecret());
    }
  }

  @Test
  void refusesKeysAndCiphertextsOfWrongLength() throws Exception {
    Kem k = kem;
    byte[] pk = k.generate(new SystemEntropy()).publicKey();
    assertThrows(
        CryptoException.class,
        () -> k.encapsulate(Arrays.copyOf(pk, pk.length - 1), new SystemEntropy()));
    assertThrows(CryptoException.class, () -> k.encapsulate(new byte[0], new SystemEntropy()));
    assertThrows(CryptoException.class, () -> k.decapsulate(new byte[32], new byte[1119]));
    assertThrows(CryptoException.class, () -> k.decapsulate(null, new byte[1120]));
  }

  private static byte[] hex(JsonNode node, String field) {
    return HexFormat.of().parseHex(node.get(field).asText());
  }
}
