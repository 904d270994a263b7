package io.coterie.volume.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.crypto.api.Aead;
import io.coterie.ops.api.HealthFinding;
import io.coterie.testkit.ManualClock;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Damage is found without anybody asking, and what is whole is saved. */
@Tag("S1-2.5")
@Timeout(60)
class VolumeRepairTest {
  private static final int SIZE = 4 << 20;
  private static final int BLOCK = 4096;

  @TempDir Path scratch;

  private final ManualClock clock = new ManualClock(1_000_000);
  private final byte[] data = new byte[SIZE];
  private TestDevice a;

  @BeforeEach
  void begin() throws IOException {
    a = new TestDevice("a", scratch, clock);
    a.volumes.create("web", SIZE, Aead.AES_256_GCM);
    new Random(1).nextBytes(data);
    a.write("web", disk -> disk.write(0, data, 0, SIZE));
  }

  @AfterEach
  void end() {
    a.close();
  }

  /** A bit of one block flips on the disk. */
  private void damage() throws IOException {
    a.close();
    Path segment;
    try (Stream<Path> files = Files.list(a.directory("web"))) {
      segment =
          files.filter(f -> f.getFileName().toString().startsWith("seg-")).sorted().toList().get(0);
    }
    try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "rw")) {
      file.seek(300 * BLOCK + 9);
      int old = file.read();
      file.seek(300 * BLOCK + 9);
      file.write(old ^ 4);
    }
    a.start();
  }

  private VolumeScrubs scrubs() {
    return new VolumeScrubs(a.volumes, clock);
  }

  private List<HealthFinding> health() {
    return new VolumeHealth(a.volumes, a.directory("web").getParent()).check();
  }

  @Test
  void volumesAreReadWhenNobodyDidForLongAndTheHealthSaysWhatWasFound() throws Exception {
    assertNull(a.volumes.info("web").scrub());
    scrubs().scrubWhatIsDue();
    assertEquals(0, a.volumes.info("web").scrub().damagedBlocks());
    assertEquals(SIZE / BLOCK, a.volumes.info("web").scrub().blocks());
    long first = a.volumes.info("web").scrub().atMillis();
    damage();
    clock.advance(VolumeScrubs.EVERY_MILLIS - 1);
    scrubs().scrubWhatIsDue();
    assertEquals(first, a.volumes.info("web").scrub().atMillis(), "not yet");
    assertTrue(health().stream().noneMatch(f -> f.what().contains("damaged")));
    clock.advance(1);
    scrubs().scrubWhatIsDue();
    assertEquals(1, a.volumes.info("web").scrub().damagedBlocks());
    assertTrue(health().stream().anyMatch(f -> f.what().contains("1 blocks were damaged")));
  }

  @Test
  void whatCanBeReadIsSavedAndTheDamagedVolumeStaysAsItIs() throws Exception {
    damage();
    String said = new VolumeRepair(a.volumes, a.snapshots).run("web", "saved", TestDevice.SILENT);
    assertTrue(said.contains("1 blocks could not be read"), said);
    byte[] saved = a.content("saved");
    int lost = Arrays.mismatch(data, saved) / BLOCK;
    assertTrue(said.endsWith(": " + lost), said);
    Arrays.fill(data, lost * BLOCK, (lost + 1) * BLOCK, (byte) 0);
    assertArrayEquals(data, saved);
    assertEquals(0, a.volumes.check("saved").damagedBlocks());
    assertEquals(1, a.volumes.check("web").damagedBlocks());
    assertEquals(List.of(), a.snapshots.list("web"));
    assertEquals(List.of(), a.volumes.grants("web"));
  }
}
