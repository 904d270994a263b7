package io.coterie.vm.qemu.internal;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.coterie.base.file.SafeFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How far a migration got, on disk before each step that cannot be taken back, so that a restart
 * knows what to do.
 *
 * @param other the device at the other end, 64 hexadecimal digits
 * @param oldExport the source's grant
 * @param newExport the target's grant
 */
record MigrationJournal(Role role, Step step, String other, String oldExport, String newExport) {
  private static final String FILE = "migration.json";
  private static final int MAX_FILE_BYTES = 8 * 1024;
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Which end this device is. */
  enum Role {
    SOURCE,
    TARGET
  }

  /** What may have happened already. */
  enum Step {
    /** Nothing that matters: the source owns the volume. */
    PREPARED,
    /** The volume's right to write may have passed to the target. */
    SWITCHING
  }

  MigrationJournal at(Step next) {
    return new MigrationJournal(role, next, other, oldExport, newExport);
  }

  void write(Path directory) throws IOException {
    SafeFiles.replace(directory.resolve(FILE), JSON.writeValueAsBytes(this));
  }

  /** The journal of a machine, or null when none is open. */
  static MigrationJournal read(Path directory) throws IOException {
    Path file = directory.resolve(FILE);
    return Files.exists(file)
        ? JSON.readValue(SafeFiles.readBounded(file, MAX_FILE_BYTES), MigrationJournal.class)
        : null;
  }

  static void clear(Path directory) throws IOException {
    Files.deleteIfExists(directory.resolve(FILE));
    if (Files.isDirectory(directory)) {
      SafeFiles.forceDirectory(directory);
    }
  }
}
