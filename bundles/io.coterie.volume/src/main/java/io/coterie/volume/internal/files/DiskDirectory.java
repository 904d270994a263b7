package io.coterie.volume.internal.files;

import io.coterie.base.file.SafeFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Stream;

/** A directory of the file system. Thread-safe. */
public final class DiskDirectory implements VolumeDirectory {
  private final Path path;
  private final FileStore fileSystem;

  /**
   * One that exists.
   *
   * @param path of a directory
   */
  public DiskDirectory(Path path) throws IOException {
    this.path = path;
    this.fileSystem = Files.getFileStore(path);
  }

  @Override
  public List<String> names(String prefix) throws IOException {
    try (Stream<Path> files = Files.list(path)) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(name -> name.startsWith(prefix))
          .sorted()
          .toList();
    }
  }

  @Override
  public StoredFile open(String name) throws IOException {
    return DiskFile.open(path.resolve(name));
  }

  @Override
  public StoredFile create(String name) throws IOException {
    Path file = path.resolve(name);
    return new DiskFile(
        file,
        FileChannel.open(
            file,
            EnumSet.of(
                StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))));
  }

  @Override
  public void rename(String from, String to) throws IOException {
    Files.move(path.resolve(from), path.resolve(to), StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void link(String name, VolumeDirectory other) throws IOException {
    if (!(other instanceof DiskDirectory disk)) {
      throw new IllegalArgumentException("another kind of directory");
    }
    try {
      Files.createLink(disk.path.resolve(name), path.resolve(name));
    } catch (UnsupportedOperationException e) {
      throw new IOException("the file system of " + path + " has no hard links", e);
    }
  }

  @Override
  public void delete(String name) throws IOException {
    Files.deleteIfExists(path.resolve(name));
  }

  @Override
  public boolean shared(String name) throws IOException {
    return (int) Files.getAttribute(path.resolve(name), "unix:nlink") > 1;
  }

  @Override
  public void force() throws IOException {
    SafeFiles.forceDirectory(path);
  }

  @Override
  public long usableBytes() throws IOException {
    return fileSystem.getUsableSpace();
  }
}
