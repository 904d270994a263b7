package io.coterie.volume.internal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.crypto.api.Aead;
import io.coterie.ops.api.Progress;
import io.coterie.testkit.ManualClock;
import io.coterie.volume.api.Grant;
import io.coterie.volume.api.SnapshotInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** A volume goes through files from one device to another, whole and bit by bit. */
@Tag("S1-10.5")
@Timeout(120)
class VolumeArchivesTest {
  private static final int SIZE = 24 << 20;
  private static final int BLOCK = 4096;
  private static final byte[] PASSPHRASE = "four words or more".getBytes(UTF_8);

  @TempDir Path scratch;

  private final ManualClock clock = new ManualClock(1_000_000);
  private final byte[] model = new byte[SIZE];
  private final Random random = new Random(11);
  private TestDevice a;
  private TestDevice b;

  /** Breaks off after so many steps, as a kill would. */
  private static Progress until(int steps) {
    AtomicInteger left = new AtomicInteger(steps);
    return new Progress() {
      @Override
      public void report(String step, int percent) {
        // Nobody looks.
      }

      @Override
      public boolean cancelled() {
        return false;
      }

      @Override
      public void checkCancelled() {
        if (left.decrementAndGet() < 0) {
          throw CoterieException.of("COT-0103", ExitCode.FAILED, "cancelled", "");
        }
      }
    };
  }

  private void snapshot(String name) {
    clock.advance(1000);
    a.snapshots.create("web", name, "as of " + name);
  }

  @BeforeEach
  void begin() throws IOException {
    a = new TestDevice("a", scratch, clock);
    b = new TestDevice("b", scratch, clock);
    a.volumes.create("web", SIZE, Aead.AES_256_GCM);
    a.recipients.addPassphrase("web", "safe", PASSPHRASE);
    change(a, 100);
  }

  @AfterEach
  void end() {
    a.close();
    b.close();
  }

  /** Writes, with holes between and some of it taken away again. */
  private void change(TestDevice device, int times) throws IOException {
    device.write(
        "web",
        disk -> {
          for (int i = 0; i < times; i++) {
            int length = BLOCK * (1 + random.nextInt(40));
            int offset = BLOCK * random.nextInt((SIZE - length) / BLOCK);
            byte[] data = new byte[length];
            if (i % 4 != 3) {
              random.nextBytes(data);
              disk.write(offset, data, 0, length);
            } else {
              disk.zero(offset, length);
            }
            System.arraycopy(data, 0, model, offset, length);
          }
        });
  }

  private Path archive(String name, String snapshot, String since) {
    Path file = scratch.resolve(name);
    a.archives.write("web", snapshot, since, file, TestDevice.SILENT);
    return file;
  }

  private void read(Path file, boolean discard) {
    b.archives.read(file, "web", PASSPHRASE, discard, TestDevice.SILENT);
  }

  private static void fails(String code, Executable act) {
    assertEquals(code, assertThrows(CoterieException.class, act).code());
  }

  @Test
  void aVolumeIsRebuiltFromAWholeArchiveAndTwoIncrementalOnes() throws Exception {
    snapshot("one");
    byte[] one = model.clone();
    change(a, 10);
    snapshot("two");
    byte[] two = model.clone();
    change(a, 10);
    snapshot("three");
    change(a, 5); // of no snapshot
    Path first = archive("1", "one", null);
    Path second = archive("2", "two", "one");
    Path third = archive("3", "three", "two");
    assertTrue(Files.size(second) < Files.size(first) / 2, "only what changed");

    read(first, false);
    assertArrayEquals(one, b.content("web"));
    fails("COT-0543", () -> read(third, false));
    read(second, false);
    assertArrayEquals(two, b.content("web"));
    fails("COT-0543", () -> read(second, false));
    read(third, false);
    assertEquals(
        List.of("one", "two", "three"),
        b.snapshots.list("web").stream().map(SnapshotInfo::name).toList());
    assertEquals("as of two", b.snapshots.list("web").get(1).description());
    assertEquals(
        a.snapshots.list("web").get(1).createdMillis(),
        b.snapshots.list("web").get(1).createdMillis());
    assertEquals(0, b.volumes.check("web").damagedBlocks());
    fails("COT-0502", () -> read(first, false));
  }

  @Test
  void theVolumeAsItIsNowIsArchivedToo() throws Exception {
    Path file = archive("now", null, null);
    byte[] then = model.clone();
    change(a, 5);
    read(file, false);
    assertArrayEquals(then, b.content("web"));
    assertEquals(List.of(), b.snapshots.list("web"));
    assertEquals(List.of(), a.snapshots.list("web"), "nothing is left of the act");
  }

  @Test
  void whatWasWrittenSinceIsGivenUpOnlyWhenThatIsMeant() throws Exception {
    snapshot("one");
    Path first = archive("1", "one", null);
    change(a, 10);
    snapshot("two");
    byte[] two = model.clone();
    Path second = archive("2", "two", "one");
    read(first, false);
    change(b, 10);
    byte[] changed = b.content("web");
    fails("COT-0544", () -> read(second, false));
    assertArrayEquals(changed, b.content("web"));
    read(second, true);
    assertArrayEquals(two, b.content("web"));
  }

  @Test
  void whatBrokeOffIsDoneAgainWithDiscard() throws Exception {
    snapshot("one");
    Path first = archive("1", "one", null);
    change(a, 40);
    snapshot("two");
    byte[] two = model.clone();
    Path second = archive("2", "two", "one");
    fails("COT-0103", () -> b.archives.read(first, "web", PASSPHRASE, false, until(10)));
    fails("COT-0501", () -> b.volumes.info("web"));
    read(first, false);
    for (int steps : new int[] {1, 20, 45, 60}) {
      fails("COT-0103", () -> b.archives.read(second, "web", PASSPHRASE, true, until(steps)));
      assertEquals(1, b.snapshots.list("web").size());
    }
    read(second, true);
    assertArrayEquals(two, b.content("web"));
    Path target = scratch.resolve("again");
    fails("COT-0103", () -> a.archives.write("web", null, null, target, until(5)));
    assertFalse(Files.exists(target));
    assertFalse(Files.exists(scratch.resolve("again.part")));
  }

  /** Does something once, when an act is so far that it reports. */
  private static Progress once(String step, Runnable act) {
    AtomicInteger times = new AtomicInteger();
    return new Progress() {
      @Override
      public void report(String now, int percent) {
        if (now.startsWith(step) && times.getAndIncrement() == 0) {
          act.run();
        }
      }

      @Override
      public boolean cancelled() {
        return false;
      }

      @Override
      public void checkCancelled() {
        // Nobody asks for the end.
      }
    };
  }

  @Test
  void aSnapshotThatIsExchangedMeanwhileMakesNoArchive() throws Exception {
    snapshot("one");
    Runnable exchange =
        () -> {
          a.snapshots.delete("web", "one");
          try {
            change(a, 3);
          } catch (IOException e) {
            throw new AssertionError(e);
          }
          snapshot("one");
        };
    Path file = scratch.resolve("mixed");
    fails(
        "COT-0546", () -> a.archives.write("web", "one", null, file, once("archiving", exchange)));
    assertFalse(Files.exists(file));
  }

  @Test
  void whatIsWrittenWhileAnArchiveIsCheckedIsNotGivenUp() throws Exception {
    snapshot("one");
    Path first = archive("1", "one", null);
    change(a, 10);
    snapshot("two");
    Path second = archive("2", "two", "one");
    read(first, false);
    Runnable write =
        () -> {
          try {
            change(b, 5);
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        };
    fails(
        "COT-0544",
        () -> b.archives.read(second, "web", PASSPHRASE, false, once("checking", write)));
    assertEquals(1, b.snapshots.list("web").size());
  }

  @Test
  void aKilledActLeavesNoRightToWrite() throws Exception {
    Grant left = a.volumes.activate(a.volumes.issue("web", OpenVolume.ACT + "unarchive").export());
    assertTrue(a.volumes.info("web").writer().contains("unarchive"));
    a.close();
    a.start();
    assertEquals(null, a.volumes.info("web").writer());
    fails("COT-0506", () -> a.volumes.open(left.export(), () -> {}));
  }

  @Test
  void anArchiveOpensForTheRecipientsOfTheVolumeOnly() throws Exception {
    Path file = archive("now", null, null);
    a.archives.read(file, "copy", null, false, TestDevice.SILENT);
    fails("COT-0545", () -> b.archives.read(file, "web", null, false, TestDevice.SILENT));
    fails(
        "COT-0545",
        () ->
            b.archives.read(file, "web", "another one".getBytes(UTF_8), false, TestDevice.SILENT));
    fails("COT-0523", () -> a.archives.write("web", null, null, file, TestDevice.SILENT));
    fails("COT-0528", () -> archive("none", "none", null));
    byte[] bytes = Files.readAllBytes(file);
    for (int at = 0; at < bytes.length; at += 1 + bytes.length / 300) {
      byte[] altered = bytes.clone();
      altered[at] ^= 0x10;
      Path bad = Files.write(scratch.resolve("bad"), altered);
      String code =
          assertThrows(
                  CoterieException.class,
                  () -> a.archives.read(bad, "other", null, false, TestDevice.SILENT))
              .code();
      // Altered in another recipient's slot, in this one's, or in what follows.
      assertTrue(List.of("COT-0542", "COT-0545").contains(code), code + " at " + at);
      fails("COT-0501", () -> a.volumes.info("other"));
    }
  }
}
