package io.coterie.ops.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.base.seam.SystemClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("S4-9.7")
class AuditFileTest {
  @TempDir Path directory;

  private AuditFile open() throws IOException {
    return new AuditFile(directory, new SystemClock());
  }

  private Path current() {
    return directory.resolve("audit.log");
  }

  @Test
  void entriesAreChainedOverRestartsAndOnlyTheOwnerReadsThem() throws Exception {
    open().record("one", "a", "b");
    AuditFile again = open();
    again.record("two", "c", "d");
    List<String> lines = again.lines(10);
    assertEquals(2, lines.size());
    assertEquals(-1, AuditFile.brokenAt(lines));
    AuditEntry second = AuditEntry.parse(lines.get(1));
    assertEquals(2, second.number());
    assertEquals("two", second.event());
    assertEquals(
        PosixFilePermissions.fromString("rw-------"), Files.getPosixFilePermissions(current()));
  }

  @Test
  void whatAStrangerSaysStaysOneLineAndIsReadBackAsItWas() throws Exception {
    AuditFile file = open();
    file.record("x", "quote \" back \\ slash", "line\nbreak \u001b[31m" + "z".repeat(1000));
    List<String> lines = file.lines(10);
    assertEquals(1, lines.size());
    AuditEntry entry = AuditEntry.parse(lines.get(0));
    assertEquals("quote \" back \\ slash", entry.subject());
    assertTrue(entry.detail().startsWith("line?break ?[31mzzz"), entry.detail());
    assertEquals(300, entry.detail().length());
    assertEquals(-1, AuditFile.brokenAt(lines));
  }

  @Test
  void anAlteredMissingOrExchangedEntryIsNamed() throws Exception {
    AuditFile file = open();
    for (int i = 1; i <= 6; i++) {
      file.record("event", "s" + i, "d");
    }
    List<String> good = file.lines(10);
    List<String> altered = new ArrayList<>(good);
    altered.set(2, altered.get(2).replace("s3", "s9"));
    assertEquals(4, AuditFile.brokenAt(altered));
    List<String> missing = new ArrayList<>(good);
    missing.remove(2);
    assertEquals(4, AuditFile.brokenAt(missing));
    List<String> noise = new ArrayList<>(good);
    noise.set(5, "no json");
    assertEquals(0, AuditFile.brokenAt(noise));
  }

  @Test
  void halfALineThatACrashLeftIsWrittenOver() throws Exception {
    open().record("one", "a", "b");
    Files.writeString(current(), "{\"n\":2,\"at\":\"20", StandardOpenOption.APPEND);
    Files.write(current(), new byte[] {(byte) 0xc3}, StandardOpenOption.APPEND);
    AuditFile again = open();
    assertEquals(1, again.lines(10).size());
    again.record("two", "c", "d");
    assertEquals(2, again.lines(10).size());
    assertEquals(-1, AuditFile.brokenAt(again.lines(10)));
  }

  @Test
  void fullFilesArePutAsideAndTheOldestGoes() throws Exception {
    AuditFile file = open();
    file.record("first", "a", "b");
    for (int i = 0; i < AuditFile.FILES + 2; i++) {
      // As long as many entries: the size counts, not what is in it.
      byte[] filler = new byte[AuditFile.FILE_BYTES];
      java.util.Arrays.fill(filler, (byte) '\n');
      Files.write(current(), filler, StandardOpenOption.APPEND);
      file.record("event", "s" + i, "d");
    }
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(AuditFile.FILES, files.count());
    }
    assertEquals("event", AuditEntry.parse(open().lines(1).get(0)).event());
  }
}
