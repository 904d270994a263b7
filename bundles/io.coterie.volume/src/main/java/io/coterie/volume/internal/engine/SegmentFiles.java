package io.coterie.volume.internal.engine;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.seam.Entropy;
import io.coterie.volume.internal.files.StoredFile;
import io.coterie.volume.internal.files.VolumeDirectory;
import io.coterie.volume.internal.format.SegmentHeader;
import io.coterie.volume.internal.format.SegmentKeys;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.format.VolumeKeys;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

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

  private final VolumeDirectory directory;
  private final byte[] volumeId;
  private final VolumeKeys keys;
  private final Entropy entropy;
  private final Deque<String> spares = new ArrayDeque<>();
  private long lastSpare;

  SegmentFiles(VolumeDirectory directory, byte[] volumeId, VolumeKeys keys, Entropy entropy)
      throws IOException {
    this.directory = directory;
    this.volumeId = volumeId;
    this.keys = keys;
    this.entropy = entropy;
    for (String old : directory.names(SPARE)) {
      directory.delete(old);
    }
  }

  /** What was found on disk: usable segments, and files whose header does not authenticate. */
  record Found(List<Segment> segments, List<String> unreadable, long highestId) {}

  Found openAll() throws IOException {
    List<Segment> segments = new ArrayList<>();
    List<String> unreadable = new ArrayList<>();
    long highestId = 0;
    for (String name : directory.names(SEGMENT)) {
      highestId = Math.max(highestId, idIn(name));
      StoredFile file = openOrCloseAll(name, segments);
      try {
        SegmentHeader.Opened opened = SegmentHeader.decode(firstBlock(file), keys);
        if (!name.equals(name(opened.header().segmentId()))) {
          throw new MalformedInputException("the file carries another segment's header");
        }
        Segment segment = new Segment(opened.header(), opened.keys(), name, file);
        segment.seal();
        segments.add(segment);
      } catch (MalformedInputException e) {
        file.close();
        unreadable.add(name + ": " + e.getMessage());
      }
    }
    return new Found(segments, unreadable, highestId);
  }

  /** A short file leaves zeroes behind, which are no header. */
  private static byte[] firstBlock(StoredFile file) throws IOException {
    ByteBuffer block = ByteBuffer.allocate(Sizes.BLOCK);
    int count = 0;
    while (block.hasRemaining() && count >= 0) {
      count = file.read(block, block.position());
    }
    return block.array();
  }

  private StoredFile openOrCloseAll(String name, List<Segment> opened) throws IOException {
    try {
      return directory.open(name);
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
    String spare = takeSpare();
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
    String name = name(id);
    // The header is written before the file gets its name, so that a named segment has a valid
    // header.
    try {
      try (StoredFile file = directory.open(spare)) {
        file.write(ByteBuffer.wrap(header.encode(volumeId, segmentKeys)), 0);
      }
      directory.rename(spare, name);
    } catch (IOException e) {
      directory.delete(spare);
      throw e;
    }
    return new Segment(header, segmentKeys, name, directory.open(name));
  }

  /** The id in a file's name: it is spent even when the file is damaged. */
  private static long idIn(String name) {
    String digits = name.substring(SEGMENT.length());
    return digits.matches("[0-9a-f]{12}") ? Long.parseLong(digits, 16) : 0;
  }

  private static String name(long id) {
    return SEGMENT + String.format("%012x", id);
  }

  private synchronized String takeSpare() {
    return spares.poll();
  }

  /** Makes spare files until enough wait. Called in the background. */
  void prepareSpares() throws IOException {
    while (spareCount() < SPARES_WANTED && roomFor(SPARES_WANTED * Sizes.SEGMENT)) {
      String made = makeSpare(true);
      synchronized (this) {
        spares.add(made);
      }
    }
  }

  private boolean roomFor(long bytes) throws IOException {
    return directory.usableBytes() >= bytes + RESERVE_BYTES;
  }

  synchronized int spareCount() {
    return spares.size();
  }

  private synchronized String nextSpareName() {
    return SPARE + String.format("%012x", ++lastSpare);
  }

  /**
   * Makes an empty file.
   *
   * @param filled with zeroes on disk, in the background; a writer that waits gets a sparse one at
   *     once
   */
  private String makeSpare(boolean filled) throws IOException {
    String name = nextSpareName();
    try (StoredFile file = directory.create(name)) {
      if (filled) {
        fill(file);
      } else {
        file.write(ByteBuffer.allocate(1), Sizes.SEGMENT - 1);
      }
    } catch (IOException e) {
      directory.delete(name);
      throw e;
    }
    return name;
  }

  private static void fill(StoredFile file) throws IOException {
    ByteBuffer zeroes = ByteBuffer.allocateDirect(ZERO_CHUNK);
    for (int done = 0; done < Sizes.SEGMENT; done += ZERO_CHUNK) {
      file.write(zeroes.clear(), done);
    }
    file.force();
  }

  /** Takes a segment away that nothing refers to any more; its file may serve again. */
  void retire(Segment segment) throws IOException {
    segment.close();
    if (spareCount() < SPARES_KEPT) {
      String spare = nextSpareName();
      directory.rename(segment.name(), spare);
      synchronized (this) {
        spares.add(spare);
      }
    } else {
      directory.delete(segment.name());
    }
  }

  /** Makes new names durable. */
  void forceDirectory() throws IOException {
    directory.force();
  }

  /** Deletes the spare files when the volume closes. */
  synchronized void deleteSpares() throws IOException {
    for (String spare : spares) {
      directory.delete(spare);
    }
    spares.clear();
  }
}
