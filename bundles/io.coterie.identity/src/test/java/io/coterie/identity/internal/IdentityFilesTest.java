package io.coterie.identity.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.device.DeviceHome;
import io.coterie.base.error.CoterieException;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.mesh.api.DeviceCard;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.DeviceKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("S0-7.1")
class IdentityFilesTest {
  private static final Signing SIGNING = Keys.signing();

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
            DestroyableKey.consume(entropy.bytes(96))));
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

  // ---- trusted peers

  private static DeviceCard card() throws CryptoException {
    return Keys.identity("p").card();
  }

  private PeerFiles peers() throws IOException {
    return new PeerFiles(new DeviceHome("a", scratch), SIGNING, Keys.identity("a"));
  }

  @Test
  void aCardThatItsOwnKeysDidNotSignIsRefused() throws Exception {
    DeviceCard good = card();
    byte[] signature = good.signature();
    for (int at : new int[] {0, 63, 64, signature.length - 1}) {
      byte[] bad = signature.clone();
      bad[at] ^= 1;
      DeviceCard forged = new DeviceCard(good.name(), good.keys(), bad);
      CoterieException refused =
          assertThrows(CoterieException.class, () -> peers().add("x", forged, List.of()));
      assertEquals("COT-0304", refused.code());
    }
    DeviceCard renamed = new DeviceCard("other", good.keys(), signature);
    assertThrows(CoterieException.class, () -> peers().add("x", renamed, List.of()));
    DeviceCard later = Keys.identity("p").rotated(77).card();
    assertThrows(CoterieException.class, () -> peers().add("x", later, List.of()));
  }

  @Test
  void peersOutliveARestartWithTheirAddresses() throws Exception {
    DeviceCard card = card();
    List<String> addresses = List.of("tcp://10.0.0.7:7400", "tcp://[::1]:7400");
    DeviceId id = peers().add("b", card, addresses).id();
    PeerFiles again = peers();
    assertEquals(addresses, again.named("b").addresses());
    assertEquals("b", again.find(id).orElseThrow().name());
    again.remove("b");
    assertTrue(peers().list().isEmpty());
  }

  @Test
  void whatIsNoAddressIsRefusedAndNothingIsStored() throws Exception {
    DeviceCard card = card();
    PeerFiles peers = peers();
    for (String bad :
        new String[] {"", "tcp://", "nonsense", "tcp://x:99999", "tcp://a\nb:1", "x".repeat(400)}) {
      assertThrows(CoterieException.class, () -> peers.add("b", card, List.of(bad)), bad);
    }
    assertTrue(peers().list().isEmpty());
  }

  @Test
  void theSixtyFifthPeerIsRefusedAndAKnownOneMayBeRenewed() throws Exception {
    PeerFiles peers = peers();
    DeviceCard first = card();
    peers.add("p0", first, List.of());
    for (int i = 1; i < 64; i++) {
      peers.add("p" + i, card(), List.of());
    }
    DeviceCard another = card();
    CoterieException full =
        assertThrows(CoterieException.class, () -> peers.add("p64", another, List.of()));
    assertEquals("COT-0307", full.code());
    peers.add("p0", first, List.of("tcp://10.0.0.1:1"));
    assertEquals(List.of("tcp://10.0.0.1:1"), peers.named("p0").addresses());
  }

  @Test
  void oneNameNeverMeansTwoDevicesNorOneDeviceTwoNames() throws Exception {
    PeerFiles peers = peers();
    DeviceCard one = card();
    peers.add("x", one, List.of());
    DeviceCard other = card();
    assertEquals(
        "COT-0306",
        assertThrows(CoterieException.class, () -> peers.add("x", other, List.of())).code());
    assertEquals(
        "COT-0306",
        assertThrows(CoterieException.class, () -> peers.add("y", one, List.of())).code());
  }

  @Test
  void aDamagedPeerFileIsLeftOutAndTheOthersStay() throws Exception {
    PeerFiles peers = peers();
    peers.add("good", card(), List.of());
    peers.add("bad", card(), List.of());
    Path file = scratch.resolve("peers/bad.peer");
    byte[] bytes = Files.readAllBytes(file);
    for (int length : new int[] {0, 1, 10, bytes.length / 2, bytes.length - 1}) {
      Files.write(file, Arrays.copyOf(bytes, length));
      assertEquals(List.of("good"), peers().list().stream().map(p -> p.name()).toList());
    }
    Files.write(file, new byte[100_000]);
    assertEquals(1, peers().list().size());
  }
}
