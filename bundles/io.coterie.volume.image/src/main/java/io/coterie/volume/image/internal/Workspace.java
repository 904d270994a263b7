package io.coterie.volume.image.internal;

import io.coterie.base.file.SafeFiles;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Directories for the sockets and the output of processes. What a device left behind that was
 * killed goes when the next one begins; what another version of this bundle uses in the same
 * process stays. Thread-safe.
 */
final class Workspace {
  private static final Logger LOG = LoggerFactory.getLogger(Workspace.class);
  private static final int RADIX = 36;

  private final Path root;

  /** Tells this process from those before it, also where process ids come again. */
  private final String owner;

  private int last;

  Workspace(Path root) throws IOException {
    this.root = root;
    this.owner =
        Long.toString(
            ProcessHandle.current().info().startInstant().orElse(Instant.EPOCH).toEpochMilli(),
            RADIX);
    SafeFiles.createPrivateDirectories(root);
    for (Path left : leftovers()) {
      try {
        SafeFiles.deleteTree(left);
      } catch (IOException e) {
        LOG.warn("COT-0558 {} stays, it cannot be deleted: {}", left, e.toString());
      }
    }
  }

  private List<Path> leftovers() throws IOException {
    try (Stream<Path> there = Files.list(root)) {
      return there.filter(p -> !p.getFileName().toString().startsWith(owner + "-")).toList();
    }
  }

  /** A new directory, which its user deletes. */
  synchronized Path directory() throws IOException {
    while (true) {
      Path next = root.resolve(owner + "-" + ++last);
      try {
        return Files.createDirectory(next);
      } catch (FileAlreadyExistsException e) {
        continue; // the other version's
      }
    }
  }
}
