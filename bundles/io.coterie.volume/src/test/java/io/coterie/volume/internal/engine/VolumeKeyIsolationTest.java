package io.coterie.volume.internal.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.crypto.api.KeyReport;
import io.coterie.volume.internal.engine.GuardedDevice.Gate;
import io.coterie.volume.internal.format.TestKeys;
import io.coterie.volume.internal.format.VolumeKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each volume has a key of its own, and what one sealed no other opens. */
@Tag("S1-1.5")
class VolumeKeyIsolationTest {
  private static final long SIZE = 8L << 20;
  private static final byte[] BLOCK = block();

  @TempDir Path scratch;

  private static byte[] block() {
    byte[] block = new byte[4096];
    Arrays.fill(block, (byte) 7);
    return block;
  }

  private Scratch volume(String name) throws IOException {
    Scratch volume = new Scratch(Files.createDirectories(scratch.resolve(name)), SIZE);
    try (LogVolume opened = volume.create()) {
      new GuardedDevice(opened, new Gate(Gate.Right.WRITE)).write(0, BLOCK, 0, BLOCK.length);
      opened.flush();
    }
    return volume;
  }

  @Test
  void theFilesOfOneVolumeAreNoneOfAnother() throws Exception {
    Scratch one = volume("one");
    Path copy = volume("other").copyTo(scratch.resolve("copy"));
    assertThrows(IOException.class, () -> read(one, copy));
    Path own = one.copyTo(scratch.resolve("own"));
    assertArrayEquals(BLOCK, read(one, own), "with its own key the copy is whole");
  }

  private static byte[] read(Scratch keys, Path files) throws IOException {
    try (LogVolume opened = keys.open(files, false)) {
      byte[] read = new byte[BLOCK.length];
      opened.read(0, read, 0, read.length);
      return read;
    }
  }

  @Test
  @Tag("S1-1.9")
  @Tag("S1-1.10")
  void keysAreNamedByFingerprintsThatTellThemApart() {
    byte[] id = new byte[16];
    String first = TestKeys.of(id, 1).fingerprint();
    assertTrue(first.matches("[0-9a-f]{64}"), first);
    assertEquals(first, TestKeys.of(id, 1).fingerprint());
    assertEquals("vm-web-" + first.substring(0, 8), KeyReport.name("vm", "web", first));
    VolumeKeys closed = TestKeys.of(id, 1);
    closed.close();
    assertThrows(IllegalStateException.class, closed::fingerprint);
    assertThrows(IllegalStateException.class, () -> closed.authenticated("grants", new byte[1]));
    assertNotEquals(first, TestKeys.of(id, 2).fingerprint());
    id[0] = 1;
    assertNotEquals(first, TestKeys.of(id, 1).fingerprint());
  }
}
