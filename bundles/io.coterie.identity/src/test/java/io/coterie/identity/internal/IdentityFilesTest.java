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
import io.coterie.crypto.api.KemKeyPair;
import io.coterie.crypto.api.SignatureKeyPair;
import io.coterie.crypto.mldsa.internal.MlDsa65Signer;
import io.coterie.crypto.mldsa.internal.X509DeviceCertificates;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.LocalIdentity;
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
  private static final X509DeviceCertificates CERTIFICATES =
      new X509DeviceCertificates(new MlDsa65Signer());
  private static final long YEAR_MILLIS = 365L * 24 * 3600 * 1000;
  private static final long NOW_MILLIS = 1_790_000_000_000L;

  @TempDir Path scratch;

  private static IdentityFile sample() {
    byte[] bytes = new SystemEntropy().bytes(500);
    return new IdentityFile(
        new SignatureKeyPair(Arrays.copyOf(bytes, 100), Arrays.copyOf(bytes, 33)),
        new KemKeyPair(Arrays.copyOf(bytes, 77), Arrays.copyOf(bytes, 200)),
        Arrays.copyOf(bytes, 400));
  }

  @Test
  void aWrittenIdentityIsReadBackAndOnlyItsOwnerMay() throws Exception {
    IdentityFile file = sample();
    Path path = scratch.resolve("identity");
    file.write(path);
    assertEquals(PosixFilePermissions.fromString("rw-------"), Files.getPosixFilePermissions(path));
    IdentityFile again = IdentityFile.read(path);
    assertArrayEquals(file.certificate(), again.certificate());
    assertArrayEquals(file.kem().privateKey(), again.kem().privateKey());
    assertArrayEquals(file.signature().publicKey(), again.signature().publicKey());
    assertFalse(file.toString().contains("["), "keys are never printed");
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

  private static byte[] certificate(String name, byte[] kemKey) throws CryptoException {
    SystemEntropy entropy = new SystemEntropy();
    SignatureKeyPair keys = new MlDsa65Signer().generate(entropy);
    return CERTIFICATES.issue(
        keys, kemKey, name, NOW_MILLIS - YEAR_MILLIS, NOW_MILLIS + YEAR_MILLIS, entropy);
  }

  private PeerFiles peers() throws IOException {
    return new PeerFiles(new DeviceHome("a", scratch), CERTIFICATES, new Nobody());
  }

  @Test
  void peersOutliveARestartWithTheirAddresses() throws Exception {
    byte[] certificate = certificate("b", new byte[1600]);
    List<String> addresses = List.of("tcp://10.0.0.7:7400", "tcp://[::1]:7400");
    DeviceId id = peers().add("b", certificate, addresses).id();
    PeerFiles again = peers();
    assertEquals(addresses, again.named("b").addresses());
    assertEquals("b", again.find(id).orElseThrow().name());
    again.remove("b");
    assertTrue(peers().list().isEmpty());
  }

  @Test
  void whatIsNoAddressIsRefusedAndNothingIsStored() throws Exception {
    byte[] certificate = certificate("b", new byte[1600]);
    PeerFiles peers = peers();
    for (String bad :
        new String[] {"", "tcp://", "nonsense", "tcp://x:99999", "tcp://a\nb:1", "x".repeat(400)}) {
      assertThrows(CoterieException.class, () -> peers.add("b", certificate, List.of(bad)), bad);
    }
    assertTrue(peers().list().isEmpty());
  }

  @Test
  void theSixtyFifthPeerIsRefusedAndAKnownOneMayBeRenewed() throws Exception {
    PeerFiles peers = peers();
    byte[] first = certificate("p", new byte[1600]);
    peers.add("p0", first, List.of());
    for (int i = 1; i < 64; i++) {
      peers.add("p" + i, certificate("p", new byte[1600]), List.of());
    }
    byte[] another = certificate("p", new byte[1600]);
    CoterieException full =
        assertThrows(CoterieException.class, () -> peers.add("p64", another, List.of()));
    assertEquals("COT-0307", full.code());
    peers.add("p0", first, List.of("tcp://10.0.0.1:1"));
    assertEquals(List.of("tcp://10.0.0.1:1"), peers.named("p0").addresses());
  }

  @Test
  void oneNameNeverMeansTwoDevicesNorOneDeviceTwoNames() throws Exception {
    PeerFiles peers = peers();
    byte[] one = certificate("x", new byte[1600]);
    peers.add("x", one, List.of());
    byte[] other = certificate("x", new byte[1600]);
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
    peers.add("good", certificate("g", new byte[1600]), List.of());
    peers.add("bad", certificate("b", new byte[1600]), List.of());
    Path file = scratch.resolve("peers/bad.peer");
    byte[] bytes = Files.readAllBytes(file);
    for (int length : new int[] {0, 1, 10, bytes.length / 2, bytes.length - 1}) {
      Files.write(file, Arrays.copyOf(bytes, length));
      assertEquals(List.of("good"), peers().list().stream().map(p -> p.name()).toList());
    }
    Files.write(file, new byte[100_000]);
    assertEquals(1, peers().list().size());
  }

  /** A device whose own keys play no part here. */
  private static final class Nobody implements LocalIdentity {
    @Override
    public DeviceId id() {
      return DeviceId.parse("00".repeat(32));
    }

    @Override
    public String name() {
      return "a";
    }

    @Override
    public byte[] certificate() {
      return new byte[0];
    }

    @Override
    public byte[] signaturePrivateKey() {
      return new byte[0];
    }

    @Override
    public byte[] kemPublicKey() {
      return new byte[0];
    }

    @Override
    public byte[] unseal(String purpose, byte[] box) throws CryptoException {
      throw new CryptoException("no keys here");
    }

    @Override
    public byte[] seal(byte[] kemPublicKey, String purpose, byte[] payload) throws CryptoException {
      throw new CryptoException("no keys here");
    }
  }
}
