package io.coterie.volume.internal.log;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.seam.Entropy;
import io.coterie.volume.internal.files.StoredFile;
import io.coterie.volume.internal.files.VolumeDirectory;
import io.coterie.volume.internal.format.SealingKeys;
import io.coterie.volume.internal.format.SegmentHeader;
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
public final class SegmentFiles {
  public static final int SPARES_WANTED = 4;
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
  private final VolumeKeys keys;
  private final Entropy entropy;
  private final Deque<String> spares = new ArrayDeque<>();
  private long lastSpare;

  public SegmentFiles(VolumeDirectory directory, VolumeKeys keys, Entropy entropy)
      throws IOException {
    this.directory = directory;
    this.keys = keys;
    this.entropy = entropy;
    for (String old : directory.names(SPARE)) {
      directory.delete(old);
    }
  }

  /** The epoch of new segments. */
  public int currentEpoch() {
    return keys.currentEpoch();
  }

  /** The numbers of the segment files that are there, rising. */
  public long[] ids() throws IOException {
    List<Long> found = new ArrayList<>();
    directory.names(SEGMENT).forEach(name -> found.add(idIn(name)));
    return found.stream().mapToLong(Long::longValue).filter(id -> id > 0).sorted().toArray();
  }

  /**
   * Opens a segment file.
   *
   * @throws MalformedInputException when its header does not authenticate
   */
  Segment open(long id) throws IOException {
    String name = name(id);
    StoredFile file = directory.open(name);
    try {
      SegmentHeader.Opened opened = SegmentHeader.decode(firstBlock(file), keys);
      if (opened.header().segmentId() != id) {
        opened.keys().close();
        throw new MalformedInputException("the file carries another segment's header");
      }
      byte[] origin = keys.origin(opened.header().epoch());
      return new Segment(opened.header(), origin, opened.keys(), name, file);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
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

  /** Whether the disk has room for another segment beside what is kept for checkpoints. */
  boolean hasRoom() throws IOException {
    return roomFor(Sizes.SEGMENT);
  }

  /** What the cleaner may fill before it gives anything back. */
  public long roomForCleaningBytes() throws IOException {
    return Math.max(0, directory.usableBytes() - RESERVE_BYTES / 2) / 2;
  }

  /**
   * A fresh segment with a fresh salt, its header written.
   *
   * @param fromReserve true when it may take what is kept for checkpoints
   */
  Segment create(
      long id, long startCommit, long durableCommit, byte[] startChain, boolean fromReserve)
      throws IOException {
    String spare = takeSpare();
    if (spare == null) {
      if (!fromReserve && !hasRoom()) {
        throw new IOException("No space left on device for another segment");
      }
      spare = makeSpare(false);
    }
    byte[] salt = entropy.bytes(Sizes.SALT);
    int epoch = keys.currentEpoch();
    byte[] origin = keys.origin(epoch);
    SegmentHeader header =
        new SegmentHeader(id, epoch, salt, startCommit, durableCommit, startChain.clone());
    SealingKeys segmentKeys = keys.segment(epoch, id, salt);
    String name = name(id);
    // The header is written before the file gets its name, so that a named segment has a valid
    // header.
    try {
      try (StoredFile file = directory.open(spare)) {
        file.write(ByteBuffer.wrap(header.encode(origin, segmentKeys)), 0);
      }
      directory.rename(spare, name);
    } catch (IOException e) {
      directory.delete(spare);
      throw e;
    }
    return new Segment(header, origin, segmentKeys, name, directory.open(name));
  }

  /** The id in a file's name: it is spent even when the file is damaged. */
  private static long idIn(String name) {
    String digits = name.substring(SEGMENT.length());
    return digits.matches("[0-9a-f]{12}") ? Long.parseLong(digits, 16) : 0;
  }

  public static String name(long id) {
    return SEGMENT + String.format("%012x", id);
  }

  private synchronized String takeSpare() {
    return spares.poll();
  }

  /** Makes spare files until enough wait. Called in the background. */
  public void prepareSpares() throws IOException {
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

  /**
   * Takes the file of a segment away that nothing refers to any more. It may serve again, if no
   * other name stands for it: a clone may hold it.
   */
  public void retire(long id) throws IOException {
    String name = name(id);
    if (spareCount() < SPARES_KEPT && !directory.shared(name)) {
      String spare = nextSpareName();
      directory.rename(name, spare);
      synchronized (this) {
        spares.add(spare);
      }
    } else {
      directory.delete(name);
    }
  }

  /** Makes new names durable. */
  public void forceDirectory() throws IOException {
    directory.force();
  }

  /** Deletes the spare files when the volume closes. */
  public synchronized void deleteSpares() throws IOException {
    for (String spare : spares) {
      directory.delete(spare);
    }
    spares.clear();
  }
}
