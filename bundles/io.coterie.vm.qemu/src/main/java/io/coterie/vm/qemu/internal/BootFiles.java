package io.coterie.vm.qemu.internal;

import io.coterie.base.file.SafeFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Kernels and initial RAM disks, named by their SHA-256, so that a peer can be asked for what is
 * missing.
 */
final class BootFiles {
  static final long MAX_BYTES = 1L << 30;

  private final Path directory;

  BootFiles(Path directory) {
    this.directory = directory;
  }

  Path path(String digest) {
    return directory.resolve(digest);
  }

  boolean has(String digest) {
    return digest.isEmpty() || Files.isRegularFile(path(digest));
  }

  /** Copies a file in and returns its digest. */
  String add(Path source) throws IOException {
    try (InputStream in = Files.newInputStream(source)) {
      return store(in, Files.size(source), null);
    }
  }

  /**
   * Stores so many bytes of a stream.
   *
   * @param expected the digest it must have to be kept, or null
   * @return the digest it has
   */
  String store(InputStream in, long lengthBytes, String expected) throws IOException {
    if (lengthBytes < 1 || lengthBytes > MAX_BYTES) {
      throw new IOException("a boot file of " + lengthBytes + " bytes");
    }
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
    Path aside = Files.createTempFile(directory, "new-", "");
    try {
      DigestInputStream counted = new DigestInputStream(in, digest);
      try (OutputStream out = Files.newOutputStream(aside)) {
        byte[] buffer = new byte[64 * 1024];
        long left = lengthBytes;
        while (left > 0) {
          int count = counted.read(buffer, 0, (int) Math.min(buffer.length, left));
          if (count < 0) {
            throw new IOException("the boot file is cut off, " + left + " bytes are missing");
          }
          out.write(buffer, 0, count);
          left -= count;
        }
      }
      try (FileChannel channel = FileChannel.open(aside, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      String name = HexFormat.of().formatHex(digest.digest());
      if (expected != null && !expected.equals(name)) {
        return name;
      }
      Files.move(aside, path(name), StandardCopyOption.ATOMIC_MOVE);
      SafeFiles.forceDirectory(directory);
      return name;
    } finally {
      Files.deleteIfExists(aside);
    }
  }
}
