package io.coterie.vault.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.file.SafeFiles;
import io.coterie.base.seam.Entropy;
import io.coterie.crypto.api.DestroyableKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Wrapping keys in files with mode 0600: 32 random bytes. A slot's parameter is the path; one in
 * the device's home is kept as a bare name, so that the home can be moved.
 */
final class KeyFiles {
  private static final Logger LOG = LoggerFactory.getLogger(KeyFiles.class);
  private static final int KEY_BYTES = 32;
  private static final int NAME_BYTES = 8;
  private static final String PREFIX = "vault-";
  private static final String SUFFIX = ".key";

  /** The names that {@link #fresh} makes. */
  private static final Pattern OURS = Pattern.compile("vault-[0-9a-f]{16}\\.key");

  private final Path home;
  private final Entropy entropy;

  KeyFiles(Path home, Entropy entropy) {
    this.home = home;
    this.entropy = entropy;
  }

  /** The parameter of a new key file in the home. */
  byte[] fresh() {
    String name = PREFIX + HexFormat.of().formatHex(entropy.bytes(NAME_BYTES)) + SUFFIX;
    return name.getBytes(StandardCharsets.UTF_8);
  }

  /** The parameter of a key file elsewhere, for instance on a stick; whatever links lead there. */
  byte[] at(Path file) {
    Path absolute = file.toAbsolutePath().normalize();
    try {
      Path real = absolute.getParent().toRealPath().resolve(absolute.getFileName());
      Path inside = home.toRealPath();
      absolute = real.startsWith(inside) ? inside.relativize(real) : real;
    } catch (IOException | RuntimeException e) {
      LOG.debug("{} is taken as it was given", absolute, e);
    }
    return absolute.toString().getBytes(StandardCharsets.UTF_8);
  }

  Path path(byte[] parameter) {
    return home.resolve(new String(parameter, StandardCharsets.UTF_8));
  }

  boolean inHome(byte[] parameter) {
    return path(parameter).normalize().startsWith(home.normalize());
  }

  /** Makes the file. One that is there is never written over. */
  DestroyableKey make(byte[] parameter) {
    Path file = path(parameter);
    byte[] key = entropy.bytes(KEY_BYTES);
    try {
      if (Files.exists(file)) {
        throw new IOException("it exists");
      }
      SafeFiles.replace(file, key);
      return new DestroyableKey(key);
    } catch (IOException e) {
      throw CoterieException.of(
          "COT-0346",
          ExitCode.FAILED,
          "the key file " + file + " could not be made: " + e.getMessage(),
          "name another file; nothing was changed",
          e);
    } finally {
      Arrays.fill(key, (byte) 0);
    }
  }

  DestroyableKey read(byte[] parameter) {
    Path file = path(parameter);
    byte[] bytes = new byte[0];
    try {
      bytes = SafeFiles.readBounded(file, KEY_BYTES);
      if (bytes.length != KEY_BYTES) {
        throw new IOException("it has " + bytes.length + " bytes, not " + KEY_BYTES);
      }
      return new DestroyableKey(bytes);
    } catch (IOException e) {
      String why = Files.notExists(file) ? "it is not there" : e.getMessage();
      throw CoterieException.of(
          "COT-0343",
          ExitCode.REFUSED,
          "the key file " + file + " cannot be read: " + why,
          "put it back, then coterie vault unlock",
          e);
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
  }

  /** Wipes and deletes a file that no slot names any more. */
  void discard(byte[] parameter) {
    Path file = path(parameter);
    if (Files.notExists(file)) {
      return;
    }
    try {
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.write(ByteBuffer.allocate(KEY_BYTES), 0);
        channel.force(true);
      }
      Files.deleteIfExists(file);
    } catch (IOException e) {
      LOG.warn("COT-0347 the old key file {} was not deleted: {}", file, e.getMessage());
    }
  }

  /**
   * Discards key files in the home that an interrupted change left: only such as were named here,
   * and none that is a named one by another path.
   */
  void sweep(Set<Path> named) {
    try (Stream<Path> files = Files.list(home)) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        if (OURS.matcher(name).matches() && !among(named, file)) {
          discard(name.getBytes(StandardCharsets.UTF_8));
        }
      }
    } catch (IOException | UncheckedIOException e) {
      LOG.warn("COT-0347 old key files in {} were not looked for: {}", home, e.getMessage());
    }
  }

  private static boolean among(Set<Path> named, Path file) throws IOException {
    for (Path other : named) {
      if (Files.exists(other) && Files.isSameFile(other, file)) {
        return true;
      }
    }
    return named.contains(file);
  }
}
