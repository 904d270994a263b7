package io.coterie.identity.internal;

import io.coterie.base.file.SafeFiles;
import io.coterie.identity.internal.roster.Entry;
import io.coterie.identity.internal.roster.RosterFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The file of the roster. A crash leaves its old or its new content. One caller at a time. */
final class RosterStore {
  private static final String FILE = "roster";

  private final Path file;

  /** In a device's home. */
  RosterStore(Path home) {
    this.file = home.resolve(FILE);
  }

  /** The entries on disk, none without a file. What they say is not looked at. */
  List<Entry> load() throws IOException {
    return Files.notExists(file)
        ? List.of()
        : RosterFile.decode(SafeFiles.readBounded(file, RosterFile.MAX_BYTES));
  }

  void save(List<Entry> entries) throws IOException {
    SafeFiles.replace(file, RosterFile.encode(entries));
  }

  /**
   * Takes the file out of use and keeps it.
   *
   * @return where it lies
   */
  Path putAside(long wallMillis) throws IOException {
    Path aside = file.resolveSibling(FILE + ".left-" + wallMillis);
    Files.move(file, aside);
    SafeFiles.forceDirectory(file.toAbsolutePath().getParent());
    return aside;
  }

  @Override
  public String toString() {
    return file.toString();
  }
}
