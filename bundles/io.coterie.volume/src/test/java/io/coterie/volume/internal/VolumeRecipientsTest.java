package io.coterie.volume.internal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.device.DeviceHome;
import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.file.SafeFiles;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.base.seam.SystemThreads;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.crypto.argon2.internal.Argon2idHash;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.Peer;
import io.coterie.mesh.api.Peers;
import io.coterie.testkit.ManualClock;
import io.coterie.volume.api.Access;
import io.coterie.volume.api.Grant;
import io.coterie.volume.api.Recipient;
import io.coterie.volume.api.Recipient.Kind;
import io.coterie.volume.internal.format.KeySlot;
import io.coterie.volume.internal.format.VolumeHeader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
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
  private Device a;
  private Device b;

  /** One with its volumes. */
  private final class Device {
    final TestIdentity identity;
    final Path home;
    final List<Peer> peers = new ArrayList<>();
    FileVolumeService volumes;
    VolumeRecipients recipients;

    Device(String name) throws IOException {
      identity = new TestIdentity(name);
      home = Files.createDirectories(scratch.resolve(name));
      start();
    }

    void start() throws IOException {
      volumes =
          new FileVolumeService(
              new DeviceHome(identity.name(), home),
              identity,
              List.of(TestIdentity.AEAD),
              new SystemEntropy(),
              new SystemThreads(),
              clock,
              point -> {});
      recipients =
          new VolumeRecipients(volumes, identity, new Known(peers), clock, new SystemEntropy());
      recipients.bindKem(TestIdentity.KEM);
      recipients.bindAead(TestIdentity.AEAD);
      recipients.bindHash(new Argon2idHash());
    }

    Path directory() {
      return home.resolve("volumes").resolve("web.qvol");
    }

    /** The files as another device has them. */
    void copyOf(Device other) throws IOException {
      volumes.close();
      other.volumes.close();
      SafeFiles.deleteTree(directory());
      Files.createDirectories(directory());
      try (Stream<Path> files = Files.list(other.directory())) {
        for (Path file : files.toList()) {
          Files.copy(file, directory().resolve(file.getFileName()));
        }
      }
      other.start();
      start();
    }

    void write(int value) throws IOException {
      Grant grant = volumes.issue("web", "test");
      try (Access access = volumes.open(grant.export(), () -> {})) {
        volumes.activate(grant.export());
        byte[] data = new byte[BLOCK];
        Arrays.fill(data, (byte) value);
        access.device().write(0, data, 0, BLOCK);
        access.device().flush();
      }
      volumes.revoke(grant.export());
    }

    int read() throws IOException {
      Grant grant = volumes.issueReadOnly("web", "test");
      try (Access access = volumes.open(grant.export(), () -> {})) {
        byte[] data = new byte[BLOCK];
        access.device().read(0, data, 0, BLOCK);
        return data[BLOCK - 1];
      } finally {
        volumes.revoke(grant.export());
      }
    }

    void hasNoKey() {
      assertEquals(
          "COT-0517", assertThrows(CoterieException.class, () -> volumes.info("web")).code());
    }

    List<Recipient> list() {
      return recipients.list("web");
    }
  }

  /** The devices that one trusts. */
  private record Known(List<Peer> list) implements Peers {
    @Override
    public Optional<Peer> find(DeviceId id) {
      return list.stream().filter(p -> p.id().equals(id)).findFirst();
    }

    @Override
    public Peer named(String name) {
      return list.stream()
          .filter(p -> p.name().equals(name))
          .findFirst()
          .orElseThrow(
              () -> CoterieException.of("COT-0302", ExitCode.NOT_FOUND, "no peer " + name, ""));
    }
  }

  @BeforeEach
  void begin() throws IOException {
    a = new Device("a");
    b = new Device("b");
    a.peers.add(b.identity.asPeer());
    b.peers.add(a.identity.asPeer());
    a.volumes.create("web", 8L << 20, Aead.AES_256_GCM);
    a.write(1);
  }

  @AfterEach
  void end() {
    a.volumes.close();
    b.volumes.close();
  }

  private static void fails(String code, org.junit.jupiter.api.function.Executable act) {
    assertEquals(code, assertThrows(CoterieException.class, act).code());
  }

  @Test
  void aDeviceOpensTheFilesOnceItIsARecipient() throws Exception {
    b.copyOf(a);
    b.hasNoKey();
    a.recipients.addDevice("web", "b");
    b.copyOf(a);
    assertEquals(1, b.read());
    assertEquals(
        List.of(
            new Recipient(Kind.THIS_DEVICE, "a", a.identity.id().toString()),
            new Recipient(Kind.DEVICE, "b", b.identity.id().toString())),
        a.list());
    a.peers.clear();
    assertEquals(Kind.STRANGER, a.list().get(1).kind());
    fails("COT-0539", () -> b.recipients.addDevice("web", "a"));
  }

  @Test
  void aPassphraseLetsAnotherDeviceIn() throws Exception {
    a.recipients.addPassphrase("web", "safe", PASSPHRASE);
    b.copyOf(a);
    b.hasNoKey();
    byte[] before = Files.readAllBytes(b.directory().resolve("volume"));
    fails("COT-0540", () -> b.recipients.adopt("web", "another one".getBytes(UTF_8)));
    assertArrayEquals(before, Files.readAllBytes(b.directory().resolve("volume")));
    b.recipients.adopt("web", PASSPHRASE);
    assertEquals(1, b.read());
    fails("COT-0539", () -> b.recipients.adopt("web", PASSPHRASE));
    assertEquals(
        List.of(Kind.DEVICE, Kind.PASSPHRASE, Kind.THIS_DEVICE),
        b.list().stream().map(Recipient::kind).toList());
  }

  @Test
  void whoIsRemovedOpensNothingThatIsWrittenLaterAndTheOthersStay() throws Exception {
    a.recipients.addDevice("web", "b");
    a.recipients.addPassphrase("web", "safe", PASSPHRASE);
    a.recipients.addPassphrase("web", "old", "another good one".getBytes(UTF_8));
    b.copyOf(a);
    byte[] old = Files.readAllBytes(b.directory().resolve("volume"));
    a.recipients.removeDevice("web", b.identity.id().toString());
    a.recipients.removePassphrase("web", "old");
    a.write(2);
    assertEquals(3, a.volumes.info("web").keyState().epoch(), "a key for each that went");
    assertEquals(1, b.read(), "what it had it can still read");
    b.copyOf(a);
    b.hasNoKey();
    byte[] now = Files.readAllBytes(b.directory().resolve("volume"));
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
    assertEquals(2, b.read());
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
    for (int i = a.list().size(); i < VolumeHeader.MAX_SLOTS; i++) {
      a.peers.clear();
      a.peers.add(new TestIdentity("p" + i).asPeer());
      a.recipients.addDevice("web", "p" + i);
    }
    a.peers.add(b.identity.asPeer());
    fails("COT-0539", () -> a.recipients.addDevice("web", "b"));
    assertEquals(1, a.volumes.info("web").keyState().epoch());
    b.copyOf(a);
    assertEquals(1, a.read());
    assertTrue(Files.size(b.directory().resolve("volume")) <= VolumeHeader.MAX_FILE_BYTES);
  }
}
