package io.coterie.identity.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.mesh.api.DeviceKeys;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("S0-7.1")
class IdentityFilesTest {
  @TempDir Path scratch;

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
        null);
  }

  @Test
  void aWrittenIdentityIsReadBackAndOnlyItsOwnerMay() throws Exception {
    IdentityFile file = sample();
    Path path = scratch.resolve("identity");
    file.write(path);
    assertEquals(PosixFilePermissions.fromString("rw-------"), Files.getPosixFilePermissions(path));
    assertArrayEquals(file.encode(), IdentityFile.read(path).encode());
    assertFalse(file.toString().contains("["), "keys are never printed");
    assertFalse(file.keys().toString().contains("ed25519"), "keys are never printed");
  }

  @Test
  void everyFlippedByteAndEveryCutIsRefused() {
    byte[] good = sample().encode();
    for (int i = 0; i < good.length; i++) {
      byte[] bad = good.clone();
      bad[i] ^= 1;
      assertThrows(MalformedInputException.class, () -> IdentityFile.decode(bad));
      byte[] cut = Arrays.copyOf(good, i);
      assertThrows(MalformedInputException.class, () -> IdentityFile.decode(cut));
    }
    byte[] longer = Arrays.copyOf(good, good.length + 1);
    assertThrows(MalformedInputException.class, () -> IdentityFile.decode(longer));
  }

  @Test
  void noiseNeverBecomesAnIdentity() {
    Random random = new Random(7);
    for (int i = 0; i < 5_000; i++) {
      byte[] noise = new byte[random.nextInt(300)];
      random.nextBytes(noise);
      assertThrows(MalformedInputException.class, () -> IdentityFile.decode(noise));
    }
  }
}
