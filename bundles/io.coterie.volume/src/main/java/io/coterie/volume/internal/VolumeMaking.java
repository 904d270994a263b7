package io.coterie.volume.internal;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.file.SafeFiles;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.Entropy;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.DestroyableKey;
import io.coterie.crypto.api.ProcessorFeatures;
import io.coterie.volume.api.Watcher;
import io.coterie.volume.internal.engine.BlockPacking;
import io.coterie.volume.internal.engine.EngineContext;
import io.coterie.volume.internal.engine.Fork;
import io.coterie.volume.internal.engine.LogVolume;
import io.coterie.volume.internal.engine.Witness;
import io.coterie.volume.internal.files.DiskDirectory;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.format.VolumeHeader;
import io.coterie.volume.internal.format.VolumeKeys;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the directories of volumes and removes them: under another name first, so that a volume is
 * there wholly or not at all. Thread-safe.
 */
final class VolumeMaking {
  static final String SUFFIX = ".qvol";
  private static final Logger LOG = LoggerFactory.getLogger(VolumeMaking.class);
  private static final String NEW = ".new-";
  private static final String OLD = ".old-";
  private static final long END_MILLIS = 10_000;
  private static final long SLICE_MILLIS = 100;

  /** A clone that were sealed anew would share nothing any more: only when somebody says so. */
  private static final VolumeHeader.Rekeying SHARING = new VolumeHeader.Rekeying(true, 0);

  private final Path directory;
  private final HeaderFiles headers;
  private final Map<String, Aead> ciphers;
  private final VolumePackings packings;
  private final Entropy entropy;
  private final Clock clock;
  private final EngineContext context;
  private final Set<String> beingMade = new HashSet<>();
  private final Set<LogVolume> filling = new HashSet<>();
  private boolean stopped;

  VolumeMaking(
      Path directory,
      HeaderFiles headers,
      Map<String, Aead> ciphers,
      VolumePackings packings,
      Entropy entropy,
      Clock clock,
      EngineContext context) {
    this.directory = directory;
    this.headers = headers;
    this.ciphers = ciphers;
    this.packings = packings;
    this.entropy = entropy;
    this.clock = clock;
    this.context = context;
  }

  /** Writes what a new volume begins with. */
  interface Content {
    void writeTo(LogVolume volume) throws IOException;
  }

  static Path pathOf(Path directory, String name) {
    return directory.resolve(name + SUFFIX);
  }

  /** An act that was interrupted left a directory under another name. */
  void removeHalfMade() throws IOException {
    try (Stream<Path> found = Files.list(directory)) {
      for (Path path : found.filter(VolumeMaking::leftover).toList()) {
        LOG.warn("COT-0513 removing what an interrupted act left: {}", path.getFileName());
        SafeFiles.deleteTree(path);
      }
    }
  }

  private static boolean leftover(Path path) {
    String name = path.getFileName().toString();
    return name.startsWith(NEW) || name.startsWith(OLD);
  }

  /**
   * Makes a volume, which appears when its content is written.
   *
   * @param cipher null for the one that suits this machine
   * @param compression null for none
   * @throws UncheckedIOException with a MalformedInputException when the content is none
   */
  void make(String name, long sizeBytes, String cipher, String compression, Content content) {
    String codec = VolumePackings.check(compression);
    String algorithm = cipher == null ? ProcessorFeatures.ofThisMachine().preferredAead() : cipher;
    check(sizeBytes, algorithm);
    make(name, aside -> build(aside, sizeBytes, algorithm, codec, name, content));
  }

  /**
   * Makes a volume that shares what a snapshot of another one holds. It has the same recipients and
   * the keys that its first segments need; what it writes is under a key of its own.
   */
  void makeClone(String name, OpenVolume source, String snapshot, Watcher watcher) {
    make(name, aside -> buildClone(aside, name, source, snapshot, watcher));
  }

  /** Makes what is in a directory. */
  private interface Builder {
    void build(Path aside) throws IOException, CryptoException;
  }

  private void make(String name, Builder builder) {
    reserve(name);
    Path aside = directory.resolve(NEW + name);
    try {
      SafeFiles.deleteTree(aside);
      SafeFiles.createPrivateDirectories(aside);
      builder.build(aside);
      appear(aside, name);
    } catch (MalformedInputException e) { // of what it was to hold
      discard(aside);
      throw new UncheckedIOException(e);
    } catch (IOException | CryptoException e) {
      discard(aside);
      throw CoterieException.of(
          "COT-0505",
          ExitCode.FAILED,
          "volume " + name + " could not be created: " + e.getMessage(),
          "coterie status",
          e);
    } catch (RuntimeException e) {
      discard(aside);
      throw e;
    } finally {
      synchronized (this) {
        beingMade.remove(name);
        notifyAll();
      }
    }
  }

  /** Not once this has stopped: somebody else may have the volumes then. */
  private synchronized void appear(Path aside, String name) throws IOException {
    if (stopped) {
      throw new IOException("the volume service is stopping");
    }
    Files.move(aside, pathOf(directory, name), StandardCopyOption.ATOMIC_MOVE);
    SafeFiles.forceDirectory(directory);
  }

  private void check(long sizeBytes, String cipher) {
    if (!ciphers.containsKey(cipher)) {
      throw CoterieException.of(
          "COT-0514",
          ExitCode.USAGE,
          "'" + cipher + "' is no cipher for volumes",
          String.join(" or ", ciphers.keySet()));
    }
    checkSize(sizeBytes);
  }

  static void checkSize(long sizeBytes) {
    if (sizeBytes < Sizes.MIN_VOLUME
        || sizeBytes > Sizes.MAX_VOLUME
        || sizeBytes % Sizes.BLOCK != 0) {
      throw CoterieException.of(
          "COT-0515",
          ExitCode.USAGE,
          sizeBytes + " bytes is no size for a volume",
          "1M to 16T, a multiple of 4096 bytes");
    }
  }

  private synchronized void reserve(String name) {
    if (stopped) {
      throw CoterieException.of(
          "COT-0516", ExitCode.FAILED, "the volume service is stopping", "try again");
    }
    checkFree(name);
    beingMade.add(name);
  }

  /** Refuses a name that a volume has, or one that is being made. */
  synchronized void checkFree(String name) {
    if (Files.exists(pathOf(directory, name)) || beingMade.contains(name)) {
      throw CoterieException.of(
          "COT-0502",
          ExitCode.REFUSED,
          "volume " + name + " exists",
          "coterie volume info " + name);
    }
  }

  private void build(
      Path aside,
      long sizeBytes,
      String algorithm,
      String compression,
      String name,
      Content content)
      throws IOException, CryptoException {
    byte[] id = entropy.bytes(Sizes.VOLUME_ID);
    Aead aead = ciphers.get(algorithm);
    try (VolumeKeys keys = VolumeKeys.fresh(id, algorithm, entropy, clock.wallMillis());
        DestroyableKey wrapping = DestroyableKey.consume(entropy.bytes(VolumeKeys.KEY_BYTES))) {
      VolumeHeader header =
          VolumeHeader.seal(
              id,
              1,
              sizeBytes,
              compression,
              clock.wallMillis(),
              VolumeHeader.Rekeying.NONE,
              List.of(headers.ownSlot(id, wrapping)),
              keys,
              wrapping,
              aead,
              entropy);
      writeHead(aside, name, header, keys, wrapping);
      try (LogVolume volume =
          LogVolume.open(
              new DiskDirectory(aside),
              header,
              keys,
              aead,
              packings.of(compression),
              Witness.NONE,
              context,
              true)) {
        fill(volume, content);
      }
    }
  }

  private void fill(LogVolume volume, Content content) throws IOException {
    synchronized (this) {
      filling.add(volume);
    }
    try {
      content.writeTo(volume);
    } finally {
      synchronized (this) {
        filling.remove(volume);
      }
    }
  }

  private static void writeHead(
      Path aside, String name, VolumeHeader header, VolumeKeys keys, DestroyableKey wrapping)
      throws IOException {
    HeaderFiles.write(aside, header.encode(wrapping));
    SafeFiles.replace(aside.resolve(GrantTable.FILE), new GrantTable(name).encode(keys));
  }

  private void buildClone(
      Path aside, String name, OpenVolume source, String snapshot, Watcher watcher)
      throws IOException, CryptoException {
    byte[] id = entropy.bytes(Sizes.VOLUME_ID);
    Aead aead = ciphers.get(source.header().cipher());
    DiskDirectory files = new DiskDirectory(aside);
    long now = clock.wallMillis();
    // The keys of before the walk, since some may be destroyed meanwhile; the recipients of after
    // it, since one may be removed meanwhile.
    try (VolumeKeys before = source.keys().copy()) {
      Fork fork = source.volume().fork(snapshot, files, watcher);
      VolumeHeader old = source.header();
      try (VolumeKeys keys = before.forked(id, fork.epochs(), entropy, now);
          DestroyableKey wrapping = DestroyableKey.consume(entropy.bytes(VolumeKeys.KEY_BYTES))) {
        VolumeHeader header =
            VolumeHeader.seal(
                id,
                1,
                fork.snapshot().sizeBytes(),
                old.compression(),
                now,
                SHARING,
                headers.slotsFor(id, old.slots(), wrapping),
                keys,
                wrapping,
                aead,
                entropy);
        writeHead(aside, name, header, keys, wrapping);
        BlockPacking packing = packings.of(old.compression());
        LogVolume.openFork(files, header, keys, aead, packing, context, fork).close();
      }
    }
  }

  private static void discard(Path aside) {
    try {
      SafeFiles.deleteTree(aside);
    } catch (IOException e) {
      LOG.warn("COT-0513 {} could not be removed: {}", aside.getFileName(), e.getMessage());
    }
  }

  /** Removes a volume that is closed: it is gone under its name at once. */
  void remove(String name) throws IOException {
    Path aside = directory.resolve(OLD + name);
    SafeFiles.deleteTree(aside);
    Files.move(pathOf(directory, name), aside, StandardCopyOption.ATOMIC_MOVE);
    SafeFiles.forceDirectory(directory);
    destroyKeys(aside);
    SafeFiles.deleteTree(aside);
  }

  /**
   * Without its headers nobody opens what a disk may keep of deleted files. Copies that a file
   * system or a disk made of them are not reached.
   */
  private static void destroyKeys(Path directory) {
    for (String name : List.of(VolumeHeader.FILE, VolumeHeader.COPY_FILE)) {
      Path header = directory.resolve(name);
      try (FileChannel channel = FileChannel.open(header, StandardOpenOption.WRITE)) {
        ByteBuffer zeroes = ByteBuffer.allocate((int) Files.size(header));
        while (zeroes.hasRemaining()) {
          channel.write(zeroes);
        }
        channel.force(true);
      } catch (IOException e) {
        LOG.warn("COT-0519 a header was deleted, but not wiped: {}", e.getMessage());
      }
    }
  }

  /** No volume is begun from here on, and those that are being made end. */
  void stop() {
    List<LogVolume> open;
    synchronized (this) {
      stopped = true;
      open = List.copyOf(filling);
    }
    for (LogVolume volume : open) {
      try {
        volume.close(); // whoever fills it hears of it
      } catch (IOException | RuntimeException e) {
        LOG.warn("COT-0513 a volume that is being made did not close: {}", e.toString());
      }
    }
    awaitEnd();
  }

  private synchronized void awaitEnd() {
    try {
      for (long left = END_MILLIS; !beingMade.isEmpty() && left > 0; left -= SLICE_MILLIS) {
        wait(SLICE_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!beingMade.isEmpty()) {
      LOG.error("COT-0513 still being made when the service stopped: {}", beingMade);
    }
  }
}
