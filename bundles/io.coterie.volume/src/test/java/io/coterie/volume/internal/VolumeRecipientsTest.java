package io.coterie.volume.internal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.error.CoterieException;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.mesh.api.DeviceId;
import io.coterie.testkit.ManualClock;
import io.coterie.volume.api.Recipient;
import io.coterie.volume.api.Recipient.Kind;
import io.coterie.volume.internal.format.KeySlot;
import io.coterie.volume.internal.format.VolumeHeader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two devices with real KEM keys, and the files of a volume that go from one to the other. */
@Timeout(120)
class VolumeRecipientsTest {
  private static final int BLOCK = 4096;
  private static final byte[] PASSPHRASE = "four words or more".getBytes(UTF_8);

  @TempDir Path scratch;

  private final ManualClock clock = new ManualClock(1_000_000);
  private TestDevice a;
  private TestDevice b;

  private static void write(TestDevice device, int value) throws IOException {
    byte[] data = new byte[BLOCK];
    Arrays.fill(data, (byte) value);
    device.write("web", disk -> disk.write(0, data, 0, BLOCK));
  }

  private static int read(TestDevice device) throws IOException {
    return device.content("web")[BLOCK - 1];
  }

  private static void hasNoKey(TestDevice device) {
    fails("COT-0517", () -> device.volumes.info("web"));
  }

  private static List<Recipient> list(TestDevice device) {
    return device.recipients.list("web");
  }

  @BeforeEach
  void begin() throws IOException {
    a = new TestDevice("a", scratch, clock);
    b = new TestDevice("b", scratch, clock);
    a.peers.add(b.identity.asPeer());
    b.peers.add(a.identity.asPeer());
    a.volumes.create("web", 8L << 20, Aead.AES_256_GCM);
    write(a, 1);
  }

  @AfterEach
  void end() {
    a.close();
    b.close();
  }

  private static void fails(String code, org.junit.jupiter.api.function.Executable act) {
    assertEquals(code, assertThrows(CoterieException.class, act).code());
  }

  @Test
  void aDeviceOpensTheFilesOnceItIsARecipient() throws Exception {
    b.copy("web", a);
    hasNoKey(b);
    a.recipients.addDevice("web", "b");
    b.copy("web", a);
    assertEquals(1, read(b));
    assertEquals(
        List.of(
            new Recipient(Kind.THIS_DEVICE, "a", a.identity.id().toString()),
            new Recipient(Kind.DEVICE, "b", b.identity.id().toString())),
        list(a));
    a.peers.clear();
    assertEquals(Kind.STRANGER, list(a).get(1).kind());
    fails("COT-0539", () -> b.recipients.addDevice("web", "a"));
  }

  @Test
  void aPassphraseLetsAnotherDeviceIn() throws Exception {
    a.recipients.addPassphrase("web", "safe", PASSPHRASE);
    b.copy("web", a);
    hasNoKey(b);
    byte[] before = Files.readAllBytes(b.directory("web").resolve("volume"));
    fails("COT-0540", () -> b.recipients.adopt("web", "another one".getBytes(UTF_8)));
    assertArrayEquals(before, Files.readAllBytes(b.directory("web").resolve("volume")));
    b.recipients.adopt("web", PASSPHRASE);
    assertEquals(1, read(b));
    fails("COT-0539", () -> b.recipients.adopt("web", PASSPHRASE));
    assertEquals(
        List.of(Kind.DEVICE, Kind.PASSPHRASE, Kind.THIS_DEVICE),
        list(b).stream().map(Recipient::kind).toList());
  }

  @Test
  void aPassphraseOpensTheHeaderThatIsLeft() throws Exception {
    a.recipients.addPassphrase("web", "safe", PASSPHRASE);
    for (String damaged : List.of("volume", "volume.copy")) {
      b.copy("web", a);
      Path file = b.directory("web").resolve(damaged);
      byte[] bytes = Files.readAllBytes(file);
      bytes[bytes.length - 5] ^= 1; // its code
      Files.write(file, bytes);
      b.recipients.adopt("web", PASSPHRASE);
      assertEquals(1, read(b));
    }
  }

  @Test
  void whoIsRemovedOpensNothingThatIsWrittenLaterAndTheOthersStay() throws Exception {
    a.recipients.addDevice("web", "b");
    a.recipients.addPassphrase("web", "safe", PASSPHRASE);
    a.recipients.addPassphrase("web", "old", "another good one".getBytes(UTF_8));
    b.copy("web", a);
    byte[] old = Files.readAllBytes(b.directory("web").resolve("volume"));
    a.recipients.removeDevice("web", b.identity.id().toString());
    a.recipients.removePassphrase("web", "old");
    write(a, 2);
    assertEquals(3, a.volumes.info("web").keyState().epoch(), "a key for each that went");
    assertEquals(1, read(b), "what it had it can still read");
    b.copy("web", a);
    hasNoKey(b);
    byte[] now = Files.readAllBytes(b.directory("web").resolve("volume"));
    try (DestroyableKey wrapping = wrappingKeyOfB(old)) {
      VolumeHeader.decode(old).open(old, wrapping, TestIdentity.AEAD).close();
      VolumeHeader header = VolumeHeader.decode(now);
      assertThrows(
          MalformedInputException.class,
          () -> header.open(now, wrapping, TestIdentity.AEAD),
          "the old wrapping key is of no use");
    }
    fails("COT-0540", () -> b.recipients.adopt("web", "another good one".getBytes(UTF_8)));
    b.recipients.adopt("web", PASSPHRASE);
    assertEquals(2, read(b));
  }

  private DestroyableKey wrappingKeyOfB(byte[] bytes) throws Exception {
    VolumeHeader header = VolumeHeader.decode(bytes);
    for (KeySlot slot : header.slots()) {
      if (slot instanceof KeySlot.DeviceSlot device
          && DeviceId.of(device.deviceId()).equals(b.identity.id())) {
        String purpose = VolumeHeader.keyPurpose(header.volumeId());
        return DestroyableKey.consume(b.identity.unseal(purpose, device.box()));
      }
    }
    throw new AssertionError("b has no slot");
  }

  @Test
  void whatCannotBeMeantIsRefused() throws Exception {
    fails("COT-0539", () -> a.recipients.removeDevice("web", "a"));
    fails("COT-0538", () -> a.recipients.removeDevice("web", "b"));
    fails("COT-0538", () -> a.recipients.removePassphrase("web", "a"));
    fails("COT-0302", () -> a.recipients.addDevice("web", "nobody"));
    fails("COT-0345", () -> a.recipients.addPassphrase("web", "safe", new byte[3]));
    fails("COT-0003", () -> a.recipients.addPassphrase("web", "no name", PASSPHRASE));
    a.recipients.addPassphrase("web", "safe", PASSPHRASE);
    fails("COT-0539", () -> a.recipients.addPassphrase("web", "safe", PASSPHRASE));
    for (int i = list(a).size(); i < KeySlot.MAX_SLOTS; i++) {
      a.peers.clear();
      a.peers.add(new TestIdentity("p" + i).asPeer());
      a.recipients.addDevice("web", "p" + i);
    }
    a.peers.add(b.identity.asPeer());
    fails("COT-0539", () -> a.recipients.addDevice("web", "b"));
    assertEquals(1, a.volumes.info("web").keyState().epoch());
    b.copy("web", a);
    assertEquals(1, read(a));
    fails("COT-0539", () -> b.recipients.adopt("web", PASSPHRASE));
    assertTrue(Files.size(b.directory("web").resolve("volume")) <= VolumeHeader.MAX_FILE_BYTES);
  }
}
