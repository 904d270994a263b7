package io.coterie.volume.internal.engine;

import io.coterie.base.file.SafeFiles;
import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.base.seam.SystemThreads;
import io.coterie.crypto.aead.internal.AeadProviders;
import io.coterie.crypto.api.Aead;
import io.coterie.volume.internal.files.DiskDirectory;
import io.coterie.volume.internal.format.VolumeHeader;
import io.coterie.volume.internal.format.VolumeKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/** A volume in a scratch directory: opened, copied as a crash would leave it, opened again. */
final class Scratch {
  static final Aead AEAD = AeadProviders.usual(Aead.AES_256_GCM);

  final Path directory;
  MapBudget budget = new MapBudget(64L << 20);
  final long sizeBytes;
  private final byte[] id = new byte[16];
  private final byte[] master = new byte[32];

  Scratch(Path directory, long sizeBytes) {
    this.directory = directory;
    this.sizeBytes = sizeBytes;
    new SystemEntropy().fill(id);
    new SystemEntropy().fill(master);
  }

  LogVolume create() throws IOException {
    return open(directory, true);
  }

  LogVolume open(Path where, boolean fresh) throws IOException {
    VolumeHeader header = new VolumeHeader(id, sizeBytes, Aead.AES_256_GCM, 0, List.of());
    return LogVolume.open(
        new DiskDirectory(where),
        header,
        new VolumeKeys(id, Aead.AES_256_GCM, master),
        AEAD,
        new SystemEntropy(),
        new SystemThreads(),
        new SystemClock(),
        budget,
        fresh);
  }

  /** The files as they are now: what a killed process leaves behind. */
  Path copyTo(Path target) throws IOException {
    SafeFiles.deleteTree(target);
    Files.createDirectories(target);
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.copy(file, target.resolve(file.getFileName()), StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
    return target;
  }

  static List<Path> segments(Path where) throws IOException {
    try (Stream<Path> files = Files.list(where)) {
      return files.filter(f -> f.getFileName().toString().startsWith("seg-")).sorted().toList();
    }
  }

  static List<Path> checkpoints(Path where) throws IOException {
    try (Stream<Path> files = Files.list(where)) {
      return files
          .filter(f -> f.getFileName().toString().startsWith("checkpoint-"))
          .sorted()
          .toList();
    }
  }

  static long number(Path checkpoint) {
    String name = checkpoint.getFileName().toString();
    return Long.parseLong(name.substring("checkpoint-".length()), 16);
  }

  /** Files of checkpoints that were begun. */
  static List<Path> leftovers(Path where) throws IOException {
    try (Stream<Path> files = Files.list(where)) {
      return files.filter(f -> f.getFileName().toString().startsWith("new-")).toList();
    }
  }
}
