package io.coterie.volume.internal.engine;

import io.coterie.base.file.SafeFiles;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.base.seam.SystemThreads;
import io.coterie.base.seam.Threads;
import io.coterie.crypto.aead.internal.AeadProviders;
import io.coterie.crypto.api.Aead;
import io.coterie.volume.api.BlockCodec;
import io.coterie.volume.internal.files.DiskDirectory;
import io.coterie.volume.internal.format.TestKeys;
import io.coterie.volume.internal.format.VolumeKeys;
import io.coterie.volume.internal.memory.MapBudget;
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
  Aead aead = AEAD;

  /** Null for a volume without compression. */
  BlockCodec codec;

  Threads threads = new SystemThreads();
  Clock clock = new SystemClock();
  MapBudget budget = new MapBudget(64L << 20);
  CleaningPolicy policy = CleaningPolicy.usual();
  final long sizeBytes;
  private final byte[] id = new byte[16];
  private final long keySeed;

  Scratch(Path directory, long sizeBytes) {
    this.directory = directory;
    this.sizeBytes = sizeBytes;
    new SystemEntropy().fill(id);
    keySeed = new java.util.Random().nextLong();
  }

  LogVolume create() throws IOException {
    return open(directory, true);
  }

  LogVolume open(Path where, boolean fresh) throws IOException {
    return open(where, TestKeys.of(id, keySeed), fresh);
  }

  /** Keys as a new volume has them. */
  VolumeKeys keys() {
    return TestKeys.of(id, keySeed);
  }

  LogVolume open(Path where, VolumeKeys keys, boolean fresh) throws IOException {
    return LogVolume.open(
        new DiskDirectory(where),
        TestKeys.header(id, sizeBytes),
        keys,
        aead,
        codec == null ? BlockPacking.none() : BlockPacking.with(codec),
        Witness.NONE,
        new EngineContext(new SystemEntropy(), threads, clock, budget, policy),
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
}
