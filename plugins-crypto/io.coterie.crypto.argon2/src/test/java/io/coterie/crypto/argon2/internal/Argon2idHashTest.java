package io.coterie.crypto.argon2.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.PasswordHash.Cost;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class Argon2idHashTest {
  private final Argon2idHash hash = new Argon2idHash();

  private String derive(String password, String salt, Cost cost, int lengthBytes)
      throws CryptoException {
    byte[] key =
        hash.derive(
            password.getBytes(StandardCharsets.UTF_8),
            salt.getBytes(StandardCharsets.UTF_8),
            cost,
            lengthBytes);
    return HexFormat.of().formatHex(key);
  }

  @Test
  void thePublishedAnswerComesOut() throws Exception {
    hash.activate();
  }

  /** Computed with the reference implementation's program argon2, version 20171227. */
  @Test
  void theReferenceImplementationGivesTheSame() throws Exception {
    assertEquals(
        "b9a5d82b6867a6116fec4cdda870fa888e811b9d5346c81460e936c2f04c0155"
            + "d0fddda79d687be7cac06cfcc323c4615580700223d175f77b2b923e4637ac28",
        derive("correct horse battery staple", "0123456789abcdef", Cost.recommended(), 64));
    assertEquals(
        "beabfa5138f2c3859d91610df940de0b",
        derive("p\u00e4ssw\u00f6rd", "saltsaltsalt", new Cost(2, 1024, 2), 16));
  }

  @Test
  void anyOtherPasswordOrSaltGivesAnotherKey() throws Exception {
    Cost cheap = new Cost(1, 64, 1);
    String key = derive("password", "saltsalt", cheap, 32);
    assertFalse(key.equals(derive("passwore", "saltsalt", cheap, 32)));
    assertFalse(key.equals(derive("password", "saltsalu", cheap, 32)));
    assertFalse(key.equals(derive("password", "saltsalt", new Cost(2, 64, 1), 32)));
    assertFalse(key.equals(derive("", "saltsalt", cheap, 32)));
  }

  @Test
  void costsThatWouldTakeTheDeviceDownAreRefused() {
    for (Cost cost :
        new Cost[] {
          new Cost(0, 64, 1),
          new Cost(17, 64, 1),
          new Cost(1, 7, 1),
          new Cost(1, 64, 0),
          new Cost(1, 64, 17),
          new Cost(1, 15, 2),
          new Cost(1, 128 * 1024 + 1, 1),
          new Cost(-1, -1, -1),
          new Cost(1, Integer.MAX_VALUE, 4)
        }) {
      assertThrows(CryptoException.class, () -> derive("p", "saltsalt", cost, 32), "" + cost);
    }
    Cost cheap = new Cost(1, 64, 1);
    for (int length : new int[] {-1, 0, 3, 65, Integer.MAX_VALUE}) {
      assertThrows(CryptoException.class, () -> derive("p", "saltsalt", cheap, length));
    }
    byte[] shortSalt = Arrays.copyOf(new byte[8], 7);
    assertThrows(CryptoException.class, () -> hash.derive(new byte[1], shortSalt, cheap, 32));
  }
}
