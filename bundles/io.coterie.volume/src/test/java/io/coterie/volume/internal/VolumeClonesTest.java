package io.coterie.volume.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.crypto.api.Aead;
import io.coterie.ops.api.Progress;
import io.coterie.testkit.ManualClock;
import io.coterie.volume.api.Recipient;
import io.coterie.volume.api.VolumeInfo;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A volume shares what it holds with others, which then go ways of their own; volumes grow. */
@Timeout(120)
class VolumeClonesTest {
  private static final int SIZE = 24 << 20;
  private static final int BLOCK = 4096;

  @TempDir Path scratch;

  private final ManualClock clock = new ManualClock(1_000_000);
  private final Random random = new Random(5);
  private TestDevice a;

  @BeforeEach
  void begin() throws IOException {
    a = new TestDevice("a", scratch, clock);
    a.volumes.create("web", SIZE, Aead.AES_256_GCM);
    a.recipients.addPassphrase("web", "safe", "of four words".getBytes(StandardCharsets.UTF_8));
    change("web", 60);
  }

  @AfterEach
  void end() {
    a.close();
  }

  private void change(String volume, int times) throws IOException {
    a.write(
        volume,
        disk -> {
          for (int i = 0; i < times; i++) {
            byte[] data = new byte[BLOCK * (1 + random.nextInt(40))];
            random.nextBytes(data);
            int offset = BLOCK * random.nextInt((SIZE - data.length) / BLOCK);
            disk.write(offset, data, 0, data.length);
            disk.submit();
          }
        });
  }

  private String cloneTo(String snapshot, String target) {
    return new VolumeClone(a.volumes, a.snapshots).run("web", snapshot, target, TestDevice.SILENT);
  }

  private void again() throws IOException {
    a.close();
    a.start();
  }

  @Test
  @Tag("S1-4.3")
  void aCloneHasWhatTheVolumeHadAndBothGoOnApart() throws Exception {
    byte[] then = a.content("web");
    cloneTo(null, "copy");
    VolumeInfo made = a.volumes.info("copy");
    assertTrue(made.sharedBytes() > made.dataBytes(), "the data are in files of both");
    assertNotEquals(a.volumes.info("web").keyFingerprint(), made.keyFingerprint());
    change("web", 200);
    assertArrayEquals(then, a.content("copy"), "what happens to the volume is nothing to it");
    byte[] web = a.content("web");
    change("copy", 200);
    byte[] copy = a.content("copy");
    assertArrayEquals(web, a.content("web"));
    again();
    assertArrayEquals(web, a.content("web"));
    assertArrayEquals(copy, a.content("copy"));
    for (String name : List.of("web", "copy")) {
      assertEquals(0, a.volumes.check(name).damagedBlocks(), name);
      assertEquals(List.of(), a.volumes.check(name).findings(), name);
    }
  }

  @Test
  @Tag("S1-4.3")
  void aCloneOfASnapshotOutlivesTheVolumeAndItsKeys() throws Exception {
    byte[] then = a.content("web");
    a.snapshots.create("web", "then", "");
    change("web", 50);
    cloneTo("then", "copy");
    cloneTo("then", "other");
    a.snapshots.delete("web", "then");
    new VolumeKeyChanges(a.volumes, clock).rekey("web");
    change("web", 50);
    a.volumes.delete("web");
    a.volumes.delete("other");
    again();
    assertArrayEquals(then, a.content("copy"));
    assertEquals(
        List.of("a", "safe"), a.recipients.list("copy").stream().map(Recipient::name).toList());
    assertEquals(0, a.volumes.info("copy").sharedBytes(), "nobody else has the files any more");
  }

  @Test
  void aCloneThatGetsAKeyOfItsOwnSharesNothingAnyMore() throws Exception {
    byte[] then = a.content("web");
    cloneTo(null, "copy");
    assertTrue(a.volumes.info("copy").keyState().paused(), "it shares until somebody says so");
    new VolumeKeyChanges(a.volumes, clock).pause("copy", false);
    long end = System.nanoTime() + 60_000_000_000L;
    while (a.volumes.info("copy").keyState().keys() > 1 && System.nanoTime() < end) {
      Thread.sleep(20);
    }
    assertEquals(1, a.volumes.info("copy").keyState().keys());
    assertEquals(0, a.volumes.info("copy").sharedBytes());
    assertArrayEquals(then, a.content("copy"));
    assertArrayEquals(then, a.content("web"));
  }

  @Test
  void aCloneThatIsBrokenOffLeavesNothing() throws Exception {
    Progress cancelled =
        new Progress() {
          @Override
          public void report(String step, int percent) {
            // Nobody looks.
          }

          @Override
          public boolean cancelled() {
            return true;
          }

          @Override
          public void checkCancelled() {
            throw CoterieException.of("COT-0103", ExitCode.FAILED, "cancelled", "");
          }
        };
    VolumeClone clone = new VolumeClone(a.volumes, a.snapshots);
    assertThrows(CoterieException.class, () -> clone.run("web", null, "copy", cancelled));
    try (Stream<Path> left = Files.list(a.directory("web").getParent())) {
      assertEquals(
          List.of(".lock", ".seen", "web.qvol"),
          left.map(p -> p.getFileName().toString()).sorted().toList());
    }
    assertEquals(0, a.volumes.info("web").sharedBytes());
    assertEquals(List.of(), a.snapshots.list("web"));
    assertEquals(List.of(), a.volumes.grants("web"));
    cloneTo(null, "copy");
    assertEquals("COT-0502", code(() -> cloneTo(null, "copy")));
    assertEquals("COT-0528", code(() -> cloneTo("none", "third")));
  }

  private static String code(org.junit.jupiter.api.function.Executable act) {
    return assertThrows(CoterieException.class, act).code();
  }

  @Test
  @Tag("S1-7.1")
  void aVolumeGrowsWhileItIsInUseAndStaysSo() throws Exception {
    byte[] then = a.content("web");
    a.snapshots.create("web", "small", "");
    long large = 3L << 30; // the tree gets a level more
    a.write(
        "web",
        disk -> {
          a.volumes.resize("web", large);
          assertEquals(large, disk.sizeBytes());
          byte[] block = new byte[BLOCK];
          disk.read(large - BLOCK, block, 0, BLOCK);
          assertArrayEquals(new byte[BLOCK], block, "what is new reads as zeroes");
          java.util.Arrays.fill(block, (byte) 7);
          disk.write(large - BLOCK, block, 0, BLOCK);
        });
    for (int i = 0; i < 2; i++) {
      assertEquals(large, a.volumes.info("web").sizeBytes());
      a.write(
          "web",
          disk -> {
            byte[] begin = new byte[SIZE];
            disk.read(0, begin, 0, SIZE);
            assertArrayEquals(then, begin);
            byte[] block = new byte[BLOCK];
            disk.read(large - BLOCK, block, 0, BLOCK);
            assertEquals(7, block[5]);
          });
      assertEquals(SIZE, a.snapshots.open("web", "small").sizeBytes());
      assertEquals(0, a.volumes.check("web").damagedBlocks());
      again();
    }
    long[] changed = new long[1];
    a.snapshots.create("web", "large", "");
    a.snapshots.difference(
        "web", "large", "small", (offset, length, data) -> changed[0] += data ? length : 0);
    assertEquals(BLOCK, changed[0], "one block more");
    changed[0] = 0;
    a.snapshots.difference(
        "web", "small", "large", (offset, length, data) -> changed[0] += data ? 1 : length);
    assertEquals(BLOCK, changed[0], "and seen from the other side, one block less");
    cloneTo("small", "copy");
    assertArrayEquals(then, a.content("copy"));
  }

  @Test
  void whatIsNoSizeForAVolumeIsRefused() {
    assertEquals("COT-0547", code(() -> a.volumes.resize("web", SIZE - BLOCK)));
    assertEquals("COT-0515", code(() -> a.volumes.resize("web", SIZE + 1)));
    assertEquals("COT-0515", code(() -> a.volumes.resize("web", 17L << 40)));
    assertEquals("COT-0501", code(() -> a.volumes.resize("none", SIZE)));
    a.volumes.resize("web", SIZE);
    assertEquals(SIZE, a.volumes.info("web").sizeBytes());
  }

  @Test
  void anArchiveOfALargerVolumeSaysThatTheOtherMustGrow() throws Exception {
    a.snapshots.create("web", "one", "");
    Path first = scratch.resolve("one.cot");
    a.archives.write("web", "one", null, first, TestDevice.SILENT);
    a.volumes.resize("web", 2 * SIZE);
    change("web", 3);
    a.snapshots.create("web", "two", "");
    Path second = scratch.resolve("two.cot");
    a.archives.write("web", "two", "one", second, TestDevice.SILENT);
    a.archives.read(first, "other", null, false, TestDevice.SILENT);
    CoterieException e =
        assertThrows(
            CoterieException.class,
            () -> a.archives.read(second, "other", null, false, TestDevice.SILENT));
    assertEquals("COT-0543", e.code());
    assertTrue(e.next().contains("volume resize other"), e.next());
    a.volumes.resize("other", 2 * SIZE);
    a.archives.read(second, "other", null, false, TestDevice.SILENT);
    assertArrayEquals(a.content("web"), a.content("other"));
  }
}
