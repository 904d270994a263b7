package io.coterie.volume.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.file.SafeFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A private file that gets its name when it is complete; nothing that is there is overwritten, and
 * nothing half-done is left behind.
 */
final class NewFile implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NewFile.class);

  private final Path target;
  private final Path aside;
  private final FileChannel channel;

  private NewFile(Path target, Path aside, FileChannel channel) {
    this.target = target;
    this.aside = aside;
    this.channel = channel;
  }

  static NewFile of(Path target) throws IOException {
    Path aside = target.resolveSibling(target.getFileName() + ".part");
    requireFree(target);
    requireFree(aside);
    FileChannel channel =
        FileChannel.open(
            aside,
            EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return new NewFile(target, aside, channel);
  }

  static void requireFree(Path file) {
    if (Files.exists(file)) {
      throw CoterieException.of(
          "COT-0523", ExitCode.REFUSED, file + " exists", "another name: nothing is overwritten");
    }
  }

  /** Where it is before it has its name. */
  Path path() {
    return aside;
  }

  FileChannel channel() {
    return channel;
  }

  /** All is written: it gets its name. */
  void complete() throws IOException {
    channel.force(true);
    requireFree(target);
    Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
    SafeFiles.forceDirectory(target.toAbsolutePath().getParent());
  }

  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      deleteQuietly(aside);
    }
  }

  private static void deleteQuietly(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      LOG.warn("COT-0524 {} is left over: {}", file, e.getMessage());
    }
  }
}
