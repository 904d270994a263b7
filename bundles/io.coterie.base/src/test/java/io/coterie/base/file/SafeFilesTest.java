package io.coterie.base.file;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafeFilesTest {
  @TempDir Path scratch;

  @Test
  void aFileIsReplacedWhollyAndPrivately() throws Exception {
    Path file = scratch.resolve("f");
    Files.write(scratch.resolve("f.new"), new byte[] {9}); // an interrupted attempt left this
    SafeFiles.replace(file, new byte[] {1});
    SafeFiles.replace(file, new byte[] {2, 3});
    assertArrayEquals(new byte[] {2, 3}, Files.readAllBytes(file));
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    assertFalse(Files.exists(scratch.resolve("f.new")));
  }

  @Test
  void readingIsBounded() throws Exception {
    Path file = scratch.resolve("f");
    Files.write(file, new byte[100]);
    assertEquals(100, SafeFiles.readBounded(file, 100).length);
    assertThrows(IOException.class, () -> SafeFiles.readBounded(file, 99));
  }

  @Test
  void deletingATreeDoesNotFollowLinks() throws Exception {
    Path outside = Files.createDirectory(scratch.resolve("outside"));
    Files.write(outside.resolve("kept"), new byte[1]);
    Path tree = Files.createDirectory(scratch.resolve("tree"));
    Files.createSymbolicLink(tree.resolve("link"), outside);
    SafeFiles.deleteTree(tree);
    assertFalse(Files.exists(tree));
    assertEquals(1, Files.size(outside.resolve("kept")));
    SafeFiles.deleteTree(tree);
  }
}
