package io.coterie.volume.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.coterie.testkit.ManualClock;
import io.coterie.volume.api.SnapshotInfo;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Files that an earlier build wrote are read by this one. */
@Tag("S1-2.10")
@Timeout(60)
class GoldenFilesTest {
  @TempDir Path scratch;

  private final ManualClock clock = new ManualClock(GoldenFiles.MADE_MILLIS);

  private static InputStream golden(String name) {
    return GoldenFilesTest.class.getResourceAsStream("/golden/" + name);
  }

  @Test
  void aVolumeOfFormat2IsOpenedReadAndWritten() throws Exception {
    try (TestDevice b = new TestDevice("b", scratch, clock)) {
      Files.createDirectories(b.directory("web"));
      try (ZipInputStream zip = new ZipInputStream(golden(GoldenFiles.VOLUME))) {
        for (ZipEntry e = zip.getNextEntry(); e != null; e = zip.getNextEntry()) {
          Files.write(b.directory("web").resolve(e.getName()), zip.readAllBytes());
        }
      }
      b.recipients.adopt("web", GoldenFiles.PASSPHRASE);
      assertEquals("good", b.volumes.info("web").health());
      assertEquals(0, b.volumes.check("web").damagedBlocks());
      byte[] model = GoldenFiles.model(2);
      assertArrayEquals(model, b.content("web"));
      List<SnapshotInfo> snapshots = b.snapshots.list("web");
      assertEquals(
          List.of("the first of them"), snapshots.stream().map(SnapshotInfo::description).toList());
      byte[] then = new byte[GoldenFiles.SIZE];
      b.snapshots.open("web", "one").read(0, then, 0, GoldenFiles.SIZE);
      assertArrayEquals(GoldenFiles.model(1), then);
      b.write("web", disk -> GoldenFiles.write(disk, model, 3));
      assertArrayEquals(model, b.content("web"));
    }
  }

  @Test
  void anArchiveOfVersion1IsRead() throws Exception {
    try (TestDevice b = new TestDevice("b", scratch, clock);
        InputStream in = golden(GoldenFiles.ARCHIVE)) {
      Path file = Files.write(scratch.resolve("golden.cot"), in.readAllBytes());
      b.archives.read(file, "web", GoldenFiles.PASSPHRASE, false, TestDevice.SILENT);
      assertArrayEquals(GoldenFiles.model(1), b.content("web"));
      assertEquals("one", b.snapshots.list("web").get(0).name());
      assertEquals(GoldenFiles.MADE_MILLIS, b.snapshots.list("web").get(0).createdMillis());
    }
  }
}
