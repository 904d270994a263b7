package io.coterie.volume.internal.engine;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.file.SafeFiles;
import io.coterie.base.seam.Entropy;
import io.coterie.volume.internal.format.SegmentHeader;
import io.coterie.volume.internal.format.SegmentKeys;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.format.VolumeKeys;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Stream;

/**
 * The segment files of a volume on disk, with a few spare ones of full length: forcing a write into
 * a file that does not grow is cheaper. Thread-safe.
 */
final class SegmentFiles {
  static final int SPARES_WANTED = 4;
  private static final int SPARES_KEPT = 32;

  /**
   * Left free for checkpoints and grants, so that a full disk keeps no volume from being opened,
   * read and cleaned.
   */
  private static final long RESERVE_BYTES = 16L << 20;

  private static final String SEGMENT = "seg-";
  private static final String SPARE = "spare-";
  private static final int ZERO_CHUNK = 64 * Sizes.BLOCK;

  private final Path directory;
  private final byte[] volumeId;
  private final VolumeKeys keys;
  private final Entropy entropy;
  private final FileStore fileSystem;
  private final Deque<Path> spares = new ArrayDeque<>();
  private long lastSpare;

  SegmentFiles(Path directory, byte[] volumeId, VolumeKeys keys, Entropy entropy)
      throws IOException {
    this.directory = directory;
    this.volumeId = volumeId;
    this.keys = keys;
    this.entropy = entropy;
    this.fileSystem = Files.getFileStore(directory);
    for (Path old : list(SPARE)) {
      Files.delete(old);
    }
  }

  private List<Path> list(String prefix) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(f -> f.getFileName().toString().startsWith(prefix)).sorted().toList();
    }
  }

  /** What was found on disk: usable segments, and files whose header does not authenticate. */
  record Found(List<Segment> segments, List<String> unreadable, long highestId) {}

  Found openAll() throws IOException {
    List<Segment> segments = new ArrayList<>();
    List<String> unreadable = new ArrayList<>();
    long highestId = 0;
    for (Path path : list(SEGMENT)) {
      highestId = Math.max(highestId, idIn(path));
      FileChannel channel = openOrCloseAll(path, segments);
      ByteBuffer block = ByteBuffer.allocate(Sizes.BLOCK);
      while (block.hasRemaining() && channel.read(block, block.position()) >= 0) {
        // a short file leaves zeroes behind, which are no header
      }
      try {
        SegmentHeader.Opened opened = SegmentHeader.decode(block.array(), keys);
        if (!path.getFileName().toString().equals(name(opened.header().segmentId()))) {
          throw new MalformedInputException("the file carries another segment's header");
        }
        Segment segment = new Segment(opened.header(), opened.keys(), path, channel);
        segment.seal();
        segments.add(segment);
      } catch (MalformedInputException e) {
        channel.close();
        unreadable.add(path.getFileName() + ": " + e.getMessage());
      }
    }
    return new Found(segments, unreadable, highestId);
  }

  private static FileChannel openOrCloseAll(Path path, List<Segment> opened) throws IOException {
    try {
      return open(path);
    } catch (IOException e) {
      for (Segment segment : opened) {
        segment.close();
      }
      throw e;
    }
  }

  /** A fresh segment with a fresh salt, its header written. */
  Segment create(long id, long startCommit, long durableCommit, byte[] startChain)
      throws IOException {
    Path spare = takeSpare();
    Path path = directory.resolve(name(id));
    if (spare == null) {
      if (!roomFor(Sizes.SEGMENT)) {
        throw new IOException("No space left on device for another segment");
      }
      spare = makeSpare(false);
    }
    byte[] salt = entropy.bytes(Sizes.SALT);
    SegmentHeader header =
        new SegmentHeader(id, salt, startCommit, durableCommit, startChain.clone());
    SegmentKeys segmentKeys = keys.segment(id, salt);
    // The header is written before the file gets its name, so that a named segment has a valid
    // header.
    FileChannel channel = open(spare);
    try {
      ByteBuffer block = ByteBuffer.wrap(header.encode(volumeId, segmentKeys));
      while (block.hasRemaining()) {
        channel.write(block, block.position());
      }
      Files.move(spare, path, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      channel.close();
      Files.deleteIfExists(spare);
      throw e;
    }
    return new Segment(header, segmentKeys, path, channel);
  }

  private static FileChannel open(Path path) throws IOException {
    return FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  /** The id in a file's name: it is spent even when the file is damaged. */
  private static long idIn(Path path) {
    String digits = path.getFileName().toString().substring(SEGMENT.length());
    return digits.matches("[0-9a-f]{12}") ? Long.parseLong(digits, 16) : 0;
  }

  private static String name(long id) {
    return SEGMENT + String.format("%012x", id);
  }

  private synchronized Path takeSpare() {
    return spares.poll();
  }

  /** Makes spare files until enough wait. Called in the background. */
  void prepareSpares() throws IOException {
    while (spareCount() < SPARES_WANTED && roomFor(SPARES_WANTED * Sizes.SEGMENT)) {
      Path made = makeSpare(true);
      synchronized (this) {
        spares.add(made);
      }
    }
  }

  private boolean roomFor(long bytes) throws IOException {
    return fileSystem.getUsableSpace() >= bytes + RESERVE_BYTES;
  }

  synchronized int spareCount() {
    return spares.size();
  }

  private synchronized Path nextSparePath() {
    return directory.resolve(SPARE + String.format("%012x", ++lastSpare));
  }

  /**
   * Makes an empty file.
   *
   * @param filled with zeroes on disk, in the background; a writer that waits gets a sparse one at
   *     once
   */
  private Path makeSpare(boolean filled) throws IOException {
    Path path = nextSparePath();
    try (FileChannel channel =
        FileChannel.open(
            path,
            EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      if (filled) {
        fill(channel);
      } else {
        channel.write(ByteBuffer.allocate(1), Sizes.SEGMENT - 1);
      }
    } catch (IOException e) {
      Files.deleteIfExists(path);
      throw e;
    }
    return path;
  }

  private static void fill(FileChannel channel) throws IOException {
    ByteBuffer zeroes = ByteBuffer.allocateDirect(ZERO_CHUNK);
    for (int done = 0; done < Sizes.SEGMENT; done += ZERO_CHUNK) {
      zeroes.clear();
      while (zeroes.hasRemaining()) {
        channel.write(zeroes);
      }
    }
    channel.force(true);
  }

  /** Takes a segment away that nothing refers to any more; its file may serve again. */
  void retire(Segment segment) throws IOException {
    segment.close();
    if (spareCount() < SPARES_KEPT) {
      Path spare = nextSparePath();
      Files.move(segment.path(), spare, StandardCopyOption.ATOMIC_MOVE);
      synchronized (this) {
        spares.add(spare);
      }
    } else {
      Files.delete(segment.path());
    }
  }

  /** Makes new names durable. */
  void forceDirectory() throws IOException {
    SafeFiles.forceDirectory(directory);
  }

  /** Deletes the spare files when the volume closes. */
  synchronized void deleteSpares() throws IOException {
    for (Path spare : spares) {
      Files.deleteIfExists(spare);
    }
    spares.clear();
  }
}
