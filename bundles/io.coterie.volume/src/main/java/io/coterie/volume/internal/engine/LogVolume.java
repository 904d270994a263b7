package io.coterie.volume.internal.engine;

import io.coterie.base.seam.Clock;
import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.Threads;
import io.coterie.crypto.api.Aead;
import io.coterie.volume.api.CheckReport;
import io.coterie.volume.internal.files.VolumeDirectory;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.format.VolumeHeader;
import io.coterie.volume.internal.format.VolumeKeys;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * An open volume: a log of sealed blocks and a map of where each block stands in it. Thread-safe:
 * one lock guards map, log and segment table; blocks are read and opened outside it.
 */
public final class LogVolume implements AutoCloseable {
  private static final int MAX_REPORTED = 100;

  /** Bounds how long the check holds the lock to look for holes. */
  private static final long CHECK_RUN_BYTES = 64L << 20;

  private final ReentrantLock lock = new ReentrantLock();
  private final VolumeState state = new VolumeState();
  private final long sizeBytes;
  private final VolumeKeys keys;
  private final SegmentTable segments;
  private final SegmentFiles files;
  private final BlockMap map;
  private final LogWriter log;
  private final BlockReader reader;
  private final Flusher flusher;
  private final Upkeep upkeep;
  private final Keeper keeper;
  private final byte[] partial = new byte[Sizes.BLOCK];

  private LogVolume(
      VolumeHeader header,
      VolumeKeys keys,
      Aead aead,
      SegmentTable segments,
      SegmentFiles files,
      CheckpointFiles checkpoints,
      Recovered found,
      Threads threads,
      Clock clock)
      throws IOException {
    this.sizeBytes = header.sizeBytes();
    this.keys = keys;
    this.segments = segments;
    this.files = files;
    this.map = found.map();
    found.findings().forEach(state::found);
    BlockCipher cipher = new BlockCipher(aead, header.volumeId());
    this.log = new LogWriter(files, segments, map, cipher, found.commit(), found.chain());
    this.reader = new BlockReader(aead, header.volumeId());
    this.flusher = new Flusher(lock, log, segments, files);
    this.upkeep =
        new Upkeep(
            lock,
            state,
            segments,
            files,
            checkpoints,
            map,
            log,
            reader,
            flusher,
            found.checkpointNumber());
    if (found.lost() == null) {
      flusher.forceAll();
      boolean fresh = found.checkpointNumber() == 0;
      if (fresh) {
        upkeep.checkpoint();
      } else {
        state.setAwaitsCheckpoint(!upkeep.tryCheckpoint());
      }
    } else {
      state.stopWrites(found.lost());
      state.found(found.lost());
    }
    this.keeper = new Keeper(upkeep, files, threads, clock);
  }

  /**
   * Opens a volume directory, recovering what a crash left. On a failure every file is closed
   * again; the keys stay the caller's.
   *
   * @param budget what the maps of all volumes may take of memory
   * @param fresh true when it was just created and has no checkpoint yet
   */
  public static LogVolume open(
      VolumeDirectory directory,
      VolumeHeader header,
      VolumeKeys keys,
      Aead aead,
      Entropy entropy,
      Threads threads,
      Clock clock,
      MapBudget budget,
      boolean fresh)
      throws IOException {
    SegmentFiles files = new SegmentFiles(directory, header.volumeId(), keys, entropy);
    CheckpointFiles checkpoints =
        new CheckpointFiles(directory, header.volumeId(), keys, aead, entropy);
    SegmentTable segments = new SegmentTable();
    SegmentFiles.Found found = files.openAll();
    Recovered recovered = null;
    try {
      found.segments().forEach(segments::add);
      segments.reserveUpTo(found.highestId());
      recovered =
          Recovered.from(
              header.sizeBytes(),
              found,
              segments,
              fresh ? null : checkpoints,
              new BlockCipher(aead, header.volumeId()),
              budget);
      return new LogVolume(
          header, keys, aead, segments, files, checkpoints, recovered, threads, clock);
    } catch (IOException | RuntimeException | Error e) {
      if (recovered != null) {
        recovered.map().release();
      }
      for (Segment segment : found.segments()) {
        segment.close();
      }
      throw e;
    }
  }

  Upkeep upkeep() {
    return upkeep;
  }

  public long sizeBytes() {
    return sizeBytes;
  }

  /** Damage found so far, in words. */
  public List<String> findings() {
    lock.lock();
    try {
      return state.findings();
    } finally {
      lock.unlock();
    }
  }

  public long dataBytes() {
    lock.lock();
    try {
      return map.mapped() * Sizes.BLOCK;
    } finally {
      lock.unlock();
    }
  }

  /** Why it takes no writes, or null. */
  public String readOnlyReason() {
    return state.readOnlyReason();
  }

  /** The generation that a write staged now belongs to; see {@link #submit(long)}. */
  long generation() {
    lock.lock();
    try {
      return log.generation();
    } finally {
      lock.unlock();
    }
  }

  public void read(long offset, byte[] target, int targetOffset, int length) throws IOException {
    checkRange(offset, length);
    int done = 0;
    while (done < length) {
      long position = offset + done;
      int part = (int) Math.min(length - done, BlockReader.MAX_BYTES - position % Sizes.BLOCK);
      readPart(position, target, targetOffset + done, part);
      done += part;
    }
  }

  private void readPart(long offset, byte[] target, int targetOffset, int length)
      throws IOException {
    long first = offset / Sizes.BLOCK;
    long last = (offset + length - 1) / Sizes.BLOCK;
    BlockReader.Plan plan;
    lock.lock();
    try {
      state.checkOpen();
      log.submit();
      plan = reader.plan(map, segments, first, (int) (last - first + 1));
    } finally {
      lock.unlock();
    }
    try {
      reader.run(plan, (int) (offset % Sizes.BLOCK), target, targetOffset, length);
    } finally {
      lock.lock();
      try {
        plan.unpin();
      } finally {
        lock.unlock();
      }
    }
  }

  /** A volume that was opened on a full disk takes writes once its checkpoint finds room. */
  private void catchUp() throws IOException {
    if (state.awaitsCheckpoint()) {
      synchronized (upkeep) {
        if (state.awaitsCheckpoint()) {
          upkeep.checkpoint();
          state.setAwaitsCheckpoint(false);
        }
      }
    }
  }

  /** Stages a write and returns its generation. */
  long write(long offset, byte[] source, int sourceOffset, int length) throws IOException {
    checkRange(offset, length);
    catchUp();
    lock.lock();
    try {
      state.checkWritable();
      long generation = log.generation();
      int done = 0;
      while (done < length) {
        long position = offset + done;
        long lba = position / Sizes.BLOCK;
        int inBlock = (int) (position % Sizes.BLOCK);
        int part = Math.min(length - done, Sizes.BLOCK - inBlock);
        if (part == Sizes.BLOCK) {
          stage(lba, source, sourceOffset + done);
        } else {
          readBlock(lba, partial);
          System.arraycopy(source, sourceOffset + done, partial, inBlock, part);
          stage(lba, partial, 0);
        }
        done += part;
      }
      return generation;
    } finally {
      lock.unlock();
    }
  }

  /** Stages zeroes over a range and returns the generation. */
  long zero(long offset, long length) throws IOException {
    checkRange(offset, length);
    catchUp();
    lock.lock();
    try {
      state.checkWritable();
      long generation = log.generation();
      long end = offset + length;
      long at = offset;
      while (at < end) {
        long lba = at / Sizes.BLOCK;
        int inBlock = (int) (at % Sizes.BLOCK);
        long wholeBlocks = inBlock == 0 ? (end - at) / Sizes.BLOCK : 0;
        if (wholeBlocks > 0) {
          int run = (int) Math.min(wholeBlocks, Integer.MAX_VALUE);
          log.stageHole(lba, run);
          at += (long) run * Sizes.BLOCK;
        } else {
          int part = (int) Math.min(end - at, Sizes.BLOCK - inBlock);
          readBlock(lba, partial);
          java.util.Arrays.fill(partial, inBlock, inBlock + part, (byte) 0);
          stage(lba, partial, 0);
          at += part;
        }
      }
      return generation;
    } finally {
      lock.unlock();
    }
  }

  private void stage(long lba, byte[] source, int offset) throws IOException {
    if (Zeroes.only(source, offset, Sizes.BLOCK)) {
      log.stageHole(lba, 1);
    } else {
      map.checkRoom(lba);
      log.stageData(lba, source, offset);
    }
  }

  /** Reads one block under the lock, for a write that covers only a part of it. */
  private void readBlock(long lba, byte[] target) throws IOException {
    log.submit();
    BlockReader.Plan plan = reader.plan(map, segments, lba, 1);
    try {
      reader.run(plan, 0, target, 0, Sizes.BLOCK);
    } finally {
      plan.unpin();
    }
  }

  /**
   * Hands what is staged to the operating system.
   *
   * @param sinceGeneration the oldest generation the caller staged into
   * @throws IOException when anything of it was lost to an I/O error, now or when another caller
   *     submitted
   */
  void submit(long sinceGeneration) throws IOException {
    lock.lock();
    try {
      state.checkOpen();
      log.submit();
      if (log.failedGeneration() >= sinceGeneration) {
        throw new IOException("a write could not be stored");
      }
      upkeep.awaitRoom(keeper::wake);
    } finally {
      lock.unlock();
    }
    keeper.wakeIfDue();
  }

  /** Makes everything submitted so far durable. */
  void flush() throws IOException {
    long target;
    lock.lock();
    try {
      state.checkOpen();
      log.submit();
      target = log.commit();
    } finally {
      lock.unlock();
    }
    try {
      flusher.await(target);
    } catch (IOException e) {
      state.stopWrites("forcing the log to disk failed: " + e.getMessage());
      throw e;
    }
  }

  /** See {@link io.coterie.volume.api.BlockDevice#extent}. */
  long extent(long offset, long length) throws IOException {
    if (offset < 0 || length < 1 || offset + length > sizeBytes) {
      throw new IllegalArgumentException("outside the volume");
    }
    lock.lock();
    try {
      state.checkOpen();
      log.submit();
      long end = offset + length;
      long first = offset / Sizes.BLOCK;
      long last = (end - 1) / Sizes.BLOCK;
      boolean data = map.locationOf(first) != BlockMap.HOLE;
      long found = Math.min(map.endOfRun(first, last) * Sizes.BLOCK, end) - offset;
      return data ? found : -found;
    } finally {
      lock.unlock();
    }
  }

  /** Reads and authenticates every block that holds data. */
  public CheckReport check() throws IOException {
    byte[] block = new byte[Sizes.BLOCK];
    List<String> damaged = new ArrayList<>();
    long blocks = 0;
    long bad = 0;
    for (long at = 0; at < sizeBytes; ) {
      long extent = extent(at, Math.min(sizeBytes - at, CHECK_RUN_BYTES));
      long end = at + Math.abs(extent);
      for (; extent > 0 && at < end; at += Sizes.BLOCK) {
        blocks++;
        try {
          read(at, block, 0, Sizes.BLOCK);
        } catch (IOException e) {
          bad++;
          if (damaged.size() < MAX_REPORTED) {
            damaged.add(e.getMessage());
          }
        }
      }
      at = end;
    }
    return new CheckReport(blocks, bad, damaged);
  }

  private void checkRange(long offset, long length) {
    if (offset < 0 || length < 0 || offset > sizeBytes - length) {
      throw new IllegalArgumentException("bytes " + offset + " + " + length + " are outside");
    }
  }

  /** Flushes, writes a last checkpoint and closes all files. Idempotent. */
  @Override
  public void close() throws IOException {
    lock.lock();
    try {
      if (state.closed()) {
        return;
      }
    } finally {
      lock.unlock();
    }
    keeper.stop();
    try {
      if (upkeep.anythingLogged()) {
        flush();
        upkeep.checkpoint();
      }
    } finally {
      lock.lock();
      try {
        state.close();
        map.release();
        for (Segment segment : segments.all()) {
          segment.close();
        }
        files.deleteSpares();
        keys.close();
      } finally {
        lock.unlock();
      }
    }
  }
}
