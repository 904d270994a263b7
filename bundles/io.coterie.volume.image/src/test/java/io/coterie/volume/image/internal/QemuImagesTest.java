package io.coterie.volume.image.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.base.error.CoterieException;
import io.coterie.volume.api.ImageDevice;
import io.coterie.volume.api.ImageService;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Images are made, read and refused by the real tools. */
@Tag("S1-6.2")
@Timeout(120)
class QemuImagesTest {
  private static final int SIZE = 32 << 20;

  @TempDir Path scratch;

  @TempDir(cleanup = CleanupMode.NEVER)
  Path workspace;

  private QemuImages images;

  @BeforeEach
  void start() throws IOException {
    images = new QemuImages(workspace);
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    try (Stream<Path> left = Files.list(workspace)) {
      assertEquals(List.of(), left.toList());
    }
    Files.delete(workspace);
  }

  private static void qemuImg(String... words) throws Exception {
    List<String> line = new ArrayList<>(List.of("qemu-img"));
    line.addAll(List.of(words));
    Process process =
        new ProcessBuilder(line)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertEquals(0, process.waitFor(), String.join(" ", line));
  }

  @ParameterizedTest
  @ValueSource(strings = {"raw", "qcow2", "vmdk", "vhdx"})
  void whatIsWrittenIntoAnImageIsReadFromIt(String format) throws Exception {
    byte[] data = new byte[SIZE];
    byte[] part = new byte[3 << 20];
    new Random(3).nextBytes(part);
    Path file = Files.createFile(scratch.resolve("disk." + format));
    try (ImageDevice image = images.make(file, format, SIZE)) {
      assertEquals(SIZE, image.sizeBytes());
      for (int at : new int[] {0, 5_000_001, SIZE - part.length}) {
        System.arraycopy(part, 0, data, at, part.length);
        image.write(at, part, 0, part.length);
      }
      image.zero(1 << 20, 1 << 20);
      java.util.Arrays.fill(data, 1 << 20, 2 << 20, (byte) 0);
      image.flush();
    }
    Path reference = Files.write(scratch.resolve("reference"), data);
    qemuImg("compare", "-f", format, "-F", "raw", file.toString(), reference.toString());

    ImageService.Image what = images.inspect(file, null);
    assertEquals(new ImageService.Image(format, SIZE), what);
    try (ImageDevice image = images.open(file, format)) {
      byte[] read = new byte[SIZE];
      image.read(0, read, 0, SIZE);
      assertArrayEquals(data, read);
      assertTrue(image.extent(0, SIZE) > 0);
      boolean tells = format.equals("qcow2") || format.equals("vmdk");
      assertTrue(!tells || image.extent(16 << 20, 1 << 20) == -(1 << 20), "a hole");
      assertThrows(IOException.class, () -> image.write(0, read, 0, 1));
      assertThrows(IllegalArgumentException.class, () -> image.read(SIZE, read, 0, 1));
    }
    try (Stream<Path> left = Files.list(scratch)) {
      assertEquals(2, left.count(), "nothing is left beside the files");
    }
  }

  private String refusal(Path image) {
    CoterieException e = assertThrows(CoterieException.class, () -> images.inspect(image, null));
    assertEquals("COT-0702", e.code());
    return e.what();
  }

  @Test
  void anImageThatWouldReadOtherFilesIsRefused() throws Exception {
    Path base = scratch.resolve("base.qcow2");
    qemuImg("create", "-f", "qcow2", base.toString(), "1M");
    Path child = scratch.resolve("child.qcow2");
    qemuImg("create", "-f", "qcow2", "-F", "qcow2", "-b", base.toString(), child.toString());
    assertTrue(refusal(child).contains("backing file"), refusal(child));
    Path split = scratch.resolve("split.qcow2");
    qemuImg(
        "create",
        "-f",
        "qcow2",
        "-o",
        "data_file=" + scratch.resolve("data"),
        split.toString(),
        "1M");
    refusal(split);
    Path extents = scratch.resolve("extents.vmdk");
    qemuImg("create", "-f", "vmdk", "-o", "subformat=monolithicFlat", extents.toString(), "1M");
    refusal(extents);
  }

  @Test
  void whatIsNoImageIsRefused() throws Exception {
    CoterieException none =
        assertThrows(CoterieException.class, () -> images.inspect(scratch.resolve("no"), null));
    assertEquals("COT-0701", none.code());
    refusal(Files.createFile(scratch.resolve("empty")));
    Path noise = scratch.resolve("noise");
    byte[] bytes = new byte[1 << 16];
    new Random(1).nextBytes(bytes);
    Files.write(noise, bytes);
    assertEquals("raw", images.inspect(noise, null).format(), "any file is a raw image");
    assertThrows(CoterieException.class, () -> images.inspect(noise, "qcow2"));
  }

  @Test
  void damagedImagesGiveErrorsAndLeaveNothing() throws Exception {
    Path whole = scratch.resolve("whole.qcow2");
    qemuImg("create", "-f", "qcow2", "-o", "preallocation=full", whole.toString(), "4M");
    byte[] bytes = Files.readAllBytes(whole);
    Random random = new Random(7);
    for (int i = 0; i < 12; i++) {
      Path damaged = scratch.resolve("damaged.qcow2");
      Files.write(damaged, bytes);
      try (RandomAccessFile file = new RandomAccessFile(damaged.toFile(), "rw")) {
        if (i % 3 == 0) {
          file.setLength(random.nextInt(bytes.length));
        }
        for (int j = 0; j < 4; j++) {
          file.seek(4 + random.nextInt(100));
          file.write(random.nextInt(256));
        }
      }
      try (ImageDevice image = images.open(damaged, "qcow2")) {
        image.read(0, new byte[(int) Math.min(image.sizeBytes(), 1 << 20)], 0, 1);
      } catch (IOException | CoterieException | IllegalArgumentException e) {
        assertFalse(String.valueOf(e.getMessage()).isEmpty());
      }
    }
    assertTrue(
        ProcessHandle.current().descendants().noneMatch(ProcessHandle::isAlive),
        "no process is left");
  }

  @Test
  void whatAKilledDeviceLeftIsClearedAwayAndWhatIsInUseIsNot() throws Exception {
    Path inUse = new Workspace(workspace).directory();
    Path left = Files.createDirectories(workspace.resolve("earlier-1/s"));
    Files.writeString(left.resolve("nbd"), "a socket");
    Workspace nextVersion = new Workspace(workspace);
    assertFalse(Files.exists(workspace.resolve("earlier-1")));
    assertTrue(Files.exists(inUse));
    Path other = nextVersion.directory();
    assertFalse(other.equals(inUse));
    Files.delete(inUse);
    Files.delete(other);
  }

  @Test
  void aToolSeesNothingButItsImage() throws Exception {
    Sandbox sandbox = new Sandbox(new Workspace(workspace));
    Assumptions.assumeTrue(sandbox.isWhole(), "bubblewrap does not serve here");
    Path image = Files.writeString(scratch.resolve("image"), "content");
    Path secret = Files.writeString(scratch.resolve("secret"), "secret");
    assertEquals(
        "content", sandbox.run(sandbox.line(image, false, null, (at, in) -> List.of("cat", at))));
    assertThrows(
        IOException.class,
        () ->
            sandbox.run(
                sandbox.line(image, false, null, (at, in) -> List.of("cat", secret.toString()))));
    assertThrows(
        IOException.class,
        () ->
            sandbox.run(
                sandbox.line(image, false, null, (at, in) -> List.of("cp", "/usr/bin/true", at))));
  }
}
