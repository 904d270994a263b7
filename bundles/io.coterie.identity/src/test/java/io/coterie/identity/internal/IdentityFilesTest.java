package io.coterie.identity.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.crypto.api.KeyVault;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.DeviceKeys;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("S0-7.1")
class IdentityFilesTest {
  private static IdentityFile sample() {
    SystemEntropy entropy = new SystemEntropy();
    DeviceKeys keys =
        new DeviceKeys(1, entropy.bytes(32), entropy.bytes(2592), entropy.bytes(1600));
    return new IdentityFile(
        keys,
        new PrivateKeys(
            keys,
            DestroyableKey.consume(entropy.bytes(32)),
            DestroyableKey.consume(entropy.bytes(32)),
            DestroyableKey.consume(entropy.bytes(96))),
        null,
        null,
        List.of());
  }

  @Test
  void whatIsEncodedIsReadBackAndIsNeverPrinted() throws Exception {
    IdentityFile alone = sample();
    IdentityFile all =
        new IdentityFile(
            alone.firstKeys(),
            alone.keys(),
            sample().keys(),
            sample().keys(),
            List.of(DeviceId.of(alone.firstKeys())));
    for (IdentityFile file : new IdentityFile[] {alone, all}) {
      KeyVault.Content content = file.encode();
      KeyVault.Content again = IdentityFile.decode(file.encode()).encode();
      assertArrayEquals(content.publicPart(), again.publicPart());
      assertArrayEquals(content.secrets(), again.secrets());
    }
    assertFalse(alone.toString().contains("["), "keys are never printed");
    assertFalse(alone.keys().toString().contains("ed25519"), "keys are never printed");
    assertFalse(alone.encode().toString().contains("["), "keys are never printed");
  }

  @Test
  void everyCutAndEveryByteTooManyIsRefused() {
    KeyVault.Content good = sample().encode();
    for (int i = 0; i < good.publicPart().length; i++) {
      byte[] cut = Arrays.copyOf(good.publicPart(), i);
      assertRefused(cut, good.secrets());
    }
    for (int i = 0; i < good.secrets().length; i++) {
      assertRefused(good.publicPart(), Arrays.copyOf(good.secrets(), i));
    }
    assertRefused(Arrays.copyOf(good.publicPart(), good.publicPart().length + 1), good.secrets());
    assertRefused(good.publicPart(), Arrays.copyOf(good.secrets(), good.secrets().length + 1));
  }

  private static void assertRefused(byte[] publicPart, byte[] secrets) {
    assertThrows(
        MalformedInputException.class,
        () -> IdentityFile.decode(new KeyVault.Content(publicPart, secrets)));
  }
}
