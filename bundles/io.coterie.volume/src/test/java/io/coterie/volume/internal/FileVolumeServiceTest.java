package io.coterie.volume.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.base.device.DeviceHome;
import io.coterie.base.error.CoterieException;
import io.coterie.base.file.SafeFiles;
import io.coterie.base.seam.FaultPoints;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.base.seam.SystemThreads;
import io.coterie.base.seam.Threads;
import io.coterie.crypto.aead.internal.AeadProviders;
import io.coterie.crypto.api.Aead;
import io.coterie.testkit.ManualClock;
import io.coterie.volume.api.Access;
import io.coterie.volume.api.Grant;
import io.coterie.volume.api.KeyState;
import io.coterie.volume.internal.engine.NoThreads;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What happens to the files of volumes as a whole. */
@Timeout(120)
class FileVolumeServiceTest {
  private static final long SIZE = 8L << 20;
  private static final int BLOCK = 4096;

  @TempDir Path scratch;

  private final ManualClock clock = new ManualClock(1_000_000);
  private final TestIdentity identity = new TestIdentity("a");
  private FileVolumeService volumes;
  private Threads threads = new SystemThreads();
  private FaultPoints faults = point -> {};

  @BeforeEach
  void begin() throws IOException {
    volumes =
        new FileVolumeService(
            new DeviceHome("a", scratch),
            identity,
            new VolumeAlgorithms(),
            List.of(
                AeadProviders.usual(Aead.AES_256_GCM), AeadProviders.usual(Aead.CHACHA20_POLY1305)),
            new SystemEntropy(),
            threads,
            clock,
            point -> faults.reach(point));
  }

  @AfterEach
  void end() throws IOException {
    volumes.close();
  }

  private void again() throws IOException {
    end();
    begin();
  }

  private Path directory(String name) {
    return scratch.resolve("volumes").resolve(name + ".qvol");
  }

  private void write(String name, int value) throws IOException {
    Grant grant = volumes.issue(name, "test");
    try (Access access = volumes.open(grant.export(), () -> {})) {
      volumes.activate(grant.export());
      byte[] data = new byte[BLOCK];
      Arrays.fill(data, (byte) value);
      access.device().write(0, data, 0, BLOCK);
      access.device().flush();
    }
    volumes.revoke(grant.export());
  }

  private int read(String name) throws IOException {
    Grant grant = volumes.issueReadOnly(name, "test");
    try (Access access = volumes.open(grant.export(), () -> {})) {
      byte[] data = new byte[BLOCK];
      access.device().read(0, data, 0, BLOCK);
      return data[BLOCK - 1];
    } finally {
      volumes.revoke(grant.export());
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    SafeFiles.deleteTree(to);
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }

  @Test
  @Tag("S1-2.6")
  void eitherHeaderServesAndTheOtherIsPutRight() throws Exception {
    volumes.create("web", SIZE, null);
    write("web", 5);
    for (String damaged : List.of("volume", "volume.copy")) {
      Path file = directory("web").resolve(damaged);
      byte[] good = Files.readAllBytes(file);
      end();
      try (RandomAccessFile f = new RandomAccessFile(file.toFile(), "rw")) {
        f.seek(good.length / 2);
        f.write(good[good.length / 2] ^ 1);
      }
      begin();
      assertEquals(5, read("web"));
      assertArrayEquals(good, Files.readAllBytes(file), damaged + " is as it was");
      end();
      Files.delete(file);
      begin();
      assertEquals(5, read("web"));
      assertArrayEquals(good, Files.readAllBytes(file), damaged + " is there again");
    }
    end();
    Files.write(directory("web").resolve("volume"), new byte[100]);
    Files.write(directory("web").resolve("volume.copy"), new byte[0]);
    begin();
    CoterieException e = assertThrows(CoterieException.class, () -> volumes.info("web"));
    assertEquals("COT-0504", e.code());
    assertTrue(e.what().contains("volume.copy"), e.what());
  }

  @Test
  void aHeaderOfAnotherVersionIsRefused() throws Exception {
    volumes.create("web", SIZE, null);
    end();
    for (String name : List.of("volume", "volume.copy")) {
      byte[] bytes = Files.readAllBytes(directory("web").resolve(name));
      bytes[8] = 1;
      Files.write(directory("web").resolve(name), bytes);
    }
    begin();
    CoterieException e = assertThrows(CoterieException.class, () -> volumes.info("web"));
    assertTrue(e.what().contains("version 1 is unknown"), e.what());
  }

  @Test
  void aVolumeWhoseOpeningFailsAtItsEndLeavesNoEngineBehind() throws Exception {
    volumes.create("web", SIZE, null);
    write("web", 1);
    volumes.issueReadOnly("web", OpenVolume.ACT + "an act that a kill ended");
    end();
    Path inTheWay = Files.createDirectories(directory("web").resolve("grants.new/x"));
    begin();
    assertEquals(
        "COT-0505", assertThrows(CoterieException.class, () -> volumes.info("web")).code());
    Files.delete(inTheWay);
    assertEquals("good", volumes.info("web").health());
    long keepers =
        Thread.getAllStackTraces().keySet().stream()
            .filter(t -> t.getName().equals("coterie-volume-keeper"))
            .count();
    assertEquals(1, keepers, "two engines on one log would destroy it");
    assertEquals(1, read("web"));
  }

  /** One that has 1 in it again, as before 2 was written. */
  private void putAnOlderCopyBack(String name) throws Exception {
    volumes.create(name, SIZE, null);
    write(name, 1);
    end();
    copy(directory(name), scratch.resolve("backup"));
    begin();
    write(name, 2);
    end();
    copy(scratch.resolve("backup"), directory(name));
    begin();
  }

  @Test
  @Tag("S1-9.5")
  void anOlderCopyOfAllFilesIsReadButTakesNoWritesUntilItIsAccepted() throws Exception {
    putAnOlderCopyBack("web");
    assertTrue(volumes.info("web").health().contains("older"), volumes.info("web").health());
    assertEquals(1, read("web"));
    assertThrows(IOException.class, () -> write("web", 3));
    again();
    assertTrue(volumes.info("web").health().contains("older"), "it is not forgotten");
    volumes.accept("web");
    assertEquals("good", volumes.info("web").health());
    write("web", 3);
    again();
    assertEquals("good", volumes.info("web").health());
    assertEquals(3, read("web"));
  }

  @Test
  void aVolumeThatIsMadeAgainUnderItsNameIsNoOlderCopy() throws Exception {
    volumes.create("web", SIZE, null);
    write("web", 1);
    volumes.delete("web");
    volumes.create("web", SIZE, null);
    again();
    assertEquals("good", volumes.info("web").health());
    assertEquals(0, read("web"));
  }

  @Test
  @Tag("S1-1.8")
  void theKeysOfADeletedVolumeAreWiped() throws Exception {
    volumes.create("web", SIZE, null);
    write("web", 1);
    Path kept = Files.createLink(scratch.resolve("kept"), directory("web").resolve("volume"));
    Path copy = Files.createLink(scratch.resolve("copy"), directory("web").resolve("volume.copy"));
    volumes.delete("web");
    assertArrayEquals(new byte[(int) Files.size(kept)], Files.readAllBytes(kept));
    assertArrayEquals(new byte[(int) Files.size(copy)], Files.readAllBytes(copy));
  }

  @Test
  @Tag("S1-3.4")
  @Tag("S1-7.3")
  void aKeyIsReplacedWhenItHasTheAgeThatWasSet() throws Exception {
    volumes.create("web", SIZE, null);
    volumes.create("other", SIZE, null);
    write("web", 9);
    VolumeKeyChanges changes = new VolumeKeyChanges(volumes, clock);
    changes.every("web", TimeUnit.DAYS.toMillis(30));
    again();
    changes = new VolumeKeyChanges(volumes, clock);
    clock.advance(TimeUnit.DAYS.toMillis(30) - 1);
    changes.rekeyWhatIsDue();
    assertEquals(1, volumes.info("web").keyState().epoch());
    clock.advance(1);
    changes.rekeyWhatIsDue();
    assertEquals(2, volumes.info("web").keyState().epoch());
    assertEquals(1, volumes.info("other").keyState().epoch());
    awaitOneKey("web");
    changes.rekeyWhatIsDue();
    assertEquals(2, volumes.info("web").keyState().epoch(), "the new one is young");
    again();
    assertEquals(9, read("web"));
    KeyState state = volumes.info("web").keyState();
    assertEquals(new KeyState(2, state.sinceMillis(), 1, 100, false, 30 * 86_400_000L), state);
  }

  private void awaitOneKey(String name) throws InterruptedException {
    for (int i = 0; i < 600 && volumes.info(name).keyState().keys() > 1; i++) {
      Thread.sleep(100);
    }
    assertEquals(1, volumes.info(name).keyState().keys());
  }

  @Test
  void whatIsPausedStaysPausedOverARestart() throws Exception {
    volumes.create("web", SIZE, null);
    write("web", 9);
    end();
    threads = new NoThreads();
    begin();
    VolumeKeyChanges changes = new VolumeKeyChanges(volumes, clock);
    changes.rekey("web");
    changes.pause("web", true);
    end();
    threads = new SystemThreads();
    begin();
    changes = new VolumeKeyChanges(volumes, clock);
    KeyState state = volumes.info("web").keyState();
    assertTrue(state.paused());
    assertEquals(2, state.keys());
    changes.pause("web", false);
    awaitOneKey("web");
    assertEquals(9, read("web"));
  }

  @Test
  void aKeyThatBeginsWhileOlderOnesAreDestroyedDestroysNoneInUse() throws Exception {
    volumes.create("web", SIZE, null);
    write("web", 9);
    AtomicInteger reached = new AtomicInteger();
    VolumeKeyChanges changes = new VolumeKeyChanges(volumes, clock);
    faults =
        point -> {
          if (point.equals("volume-old-keys-unused") && reached.getAndIncrement() == 0) {
            changes.rekey("web");
          }
        };
    changes.rekey("web");
    awaitOneKey("web");
    assertEquals(3, volumes.info("web").keyState().epoch());
    assertTrue(reached.get() > 1, "once for each key");
    assertEquals(9, read("web"));
    again();
    assertEquals("good", volumes.info("web").health());
    assertEquals(9, read("web"));
    assertEquals(0, volumes.check("web").damagedBlocks());
  }

  @Test
  void anOlderCopyKeepsItsKeysAsTheyAre() throws Exception {
    putAnOlderCopyBack("web");
    VolumeKeyChanges changes = new VolumeKeyChanges(volumes, clock);
    assertEquals(
        "COT-0535", assertThrows(CoterieException.class, () -> changes.rekey("web")).code());
    assertThrows(CoterieException.class, () -> changes.every("web", TimeUnit.DAYS.toMillis(30)));
    end();
    try (Stream<Path> files = Files.list(scratch.resolve("backup"))) {
      for (Path file : files.toList()) {
        assertArrayEquals(
            Files.readAllBytes(file),
            Files.readAllBytes(directory("web").resolve(file.getFileName())),
            file.getFileName() + " is as it was");
      }
    }
    begin();
  }

  @Test
  void aHeaderThatACrashLeftBehindFollowsTheNewerOne() throws Exception {
    volumes.create("web", SIZE, null);
    write("web", 5);
    end();
    threads = new NoThreads();
    begin();
    for (String stale : List.of("volume", "volume.copy")) {
      Path file = directory("web").resolve(stale);
      byte[] before = Files.readAllBytes(file);
      new VolumeKeyChanges(volumes, clock).rekey("web");
      byte[] after = Files.readAllBytes(file);
      end();
      Files.write(file, before);
      begin();
      assertEquals(5, read("web"));
      assertEquals("good", volumes.info("web").health());
      assertArrayEquals(after, Files.readAllBytes(file), stale + " knows the new key");
    }
  }
}
