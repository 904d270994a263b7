package io.coterie.volume.internal.engine;

import io.coterie.base.seam.Clock;
import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.Threads;
import io.coterie.crypto.api.Aead;
import io.coterie.volume.api.CheckReport;
import io.coterie.volume.internal.engine.CheckpointFiles.Position;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.format.VolumeHeader;
import io.coterie.volume.internal.format.VolumeKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An open volume: a log of sealed blocks and a map of where each block stands in it. Thread-safe:
 * one lock guards map, log and segment table; blocks are read and opened outside it.
 */
public final class LogVolume implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LogVolume.class);
  static final long CHECKPOINT_BYTES = 64L << 20;
  private static final long WRITER_STALL_MILLIS = 30_000;
  private static final int MAX_REPORTED = 100;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition roomInLog = lock.newCondition();
  private final long sizeBytes;
  private final VolumeKeys keys;
  private final SegmentTable segments;
  private final SegmentFiles files;
  private final CheckpointFiles checkpoints;
  private final BlockMap map;
  private final LogWriter log;
  private final BlockReader reader;
  private final Flusher flusher;
  private final Keeper keeper;
  private final List<String> findings = new ArrayList<>();
  private final byte[] partial = new byte[Sizes.BLOCK];
  private volatile String readOnlyReason;
  private boolean closed;
  private long checkpointNumber;
  private long loggedAtCheckpoint;
  private List<Segment> deadAtLastCheckpoint = List.of();

  /**
   * Opens a volume directory, recovering what a crash left.
   *
   * @param fresh true when it was just created and has no checkpoint yet
   */
  public LogVolume(
      Path directory,
      VolumeHeader header,
      VolumeKeys keys,
      Aead aead,
      Entropy entropy,
      Threads threads,
      Clock clock,
      boolean fresh)
      throws IOException {
    this.sizeBytes = header.sizeBytes();
    this.keys = keys;
    this.segments = new SegmentTable();
    this.files = new SegmentFiles(directory, header.volumeId(), keys, entropy);
    this.checkpoints = new CheckpointFiles(directory, header.volumeId(), keys, aead, entropy);
    SegmentFiles.Found found = files.openAll();
    found.segments().forEach(segments::add);
    findings.addAll(found.unreadable());
    segments.reserveUpTo(found.highestId());
    Start start = fresh ? Start.empty(sizeBytes, segments) : load();
    this.map = start.map();
    BlockCipher cipher = new BlockCipher(aead, header.volumeId());
    Recovery recovery = new Recovery(found.segments(), map, cipher);
    Recovery.Result result = recovery.run(start.position());
    findings.addAll(result.findings());
    this.readOnlyReason = result.lost();
    this.checkpointNumber = start.number();
    this.log = new LogWriter(files, segments, map, cipher, result.commit(), result.chain());
    this.reader = new BlockReader(aead, header.volumeId());
    this.flusher = new Flusher(lock, log, segments, files);
    if (readOnlyReason == null) {
      flusher.forceAll();
      tryCheckpoint();
    } else {
      findings.add(readOnlyReason);
    }
    this.keeper = new Keeper(this, threads, clock);
  }

  /** Saves the next recovery work. Without room for it the one before still serves. */
  private void tryCheckpoint() {
    try {
      checkpoint();
    } catch (IOException e) {
      LOG.warn("COT-0511 a checkpoint failed and is tried again: {}", e.toString());
    }
  }

  /** Where opening begins. */
  private record Start(BlockMap map, Position position, long number) {
    static Start empty(long sizeBytes, SegmentTable segments) {
      return new Start(
          new BlockMap(sizeBytes / Sizes.BLOCK, segments),
          new Position(1, 1, 0, new byte[Sizes.HASH]),
          0);
    }
  }

  private Start load() throws IOException {
    IOException last = new IOException("there is no checkpoint");
    for (Path path : checkpoints.list()) {
      BlockMap candidate = new BlockMap(sizeBytes / Sizes.BLOCK, segments);
      try {
        CheckpointFiles.Loaded loaded = checkpoints.read(path, candidate);
        segments.reserveUpTo(loaded.position().segmentId());
        return new Start(candidate, loaded.position(), loaded.number());
      } catch (IOException e) {
        findings.add(path.getFileName() + ": " + e.getMessage());
        segments.all().forEach(s -> s.addLive(-s.live()));
        last = e;
      }
    }
    throw last;
  }

  public long sizeBytes() {
    return sizeBytes;
  }

  /** Damage found so far, in words. */
  public List<String> findings() {
    lock.lock();
    try {
      return List.copyOf(findings);
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
    return readOnlyReason;
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
      checkOpen();
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

  /** Stages a write and returns its generation. */
  long write(long offset, byte[] source, int sourceOffset, int length) throws IOException {
    checkRange(offset, length);
    lock.lock();
    try {
      checkWritable();
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
    lock.lock();
    try {
      checkWritable();
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
      checkOpen();
      log.submit();
      if (log.failedGeneration() >= sinceGeneration) {
        throw new IOException("a write could not be stored");
      }
      awaitRoom();
    } finally {
      lock.unlock();
    }
    keeper.wakeIfDue();
  }

  /** Back-pressure: a writer waits while the log runs far ahead of the checkpoints. */
  private void awaitRoom() throws IOException {
    long leftNanos = TimeUnit.MILLISECONDS.toNanos(WRITER_STALL_MILLIS);
    while (loggedSinceCheckpoint() > 4 * checkpointBytes() && readOnlyReason == null && !closed) {
      keeper.wake();
      try {
        leftNanos = roomInLog.awaitNanos(leftNanos);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
      if (leftNanos <= 0) {
        throw new IOException(
            "the log is full: no checkpoint within " + WRITER_STALL_MILLIS + " ms");
      }
    }
  }

  /** Makes everything submitted so far durable. */
  void flush() throws IOException {
    long target;
    lock.lock();
    try {
      checkOpen();
      log.submit();
      target = log.commit();
    } finally {
      lock.unlock();
    }
    try {
      flusher.await(target);
    } catch (IOException e) {
      readOnlyReason = "forcing the log to disk failed: " + e.getMessage();
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
      checkOpen();
      log.submit();
      long end = offset + length;
      long lba = offset / Sizes.BLOCK;
      boolean data = map.locationOf(lba) != BlockMap.HOLE;
      do {
        lba++;
      } while (lba * Sizes.BLOCK < end && (map.locationOf(lba) != BlockMap.HOLE) == data);
      long found = Math.min(lba * Sizes.BLOCK, end) - offset;
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
    for (long lba = 0; lba < sizeBytes / Sizes.BLOCK; lba++) {
      if (extent(lba * Sizes.BLOCK, Sizes.BLOCK) < 0) {
        continue;
      }
      blocks++;
      try {
        read(lba * Sizes.BLOCK, block, 0, Sizes.BLOCK);
      } catch (IOException e) {
        bad++;
        if (damaged.size() < MAX_REPORTED) {
          damaged.add(e.getMessage());
        }
      }
    }
    return new CheckReport(blocks, bad, damaged);
  }

  private void checkRange(long offset, long length) {
    if (offset < 0 || length < 0 || offset > sizeBytes - length) {
      throw new IllegalArgumentException("bytes " + offset + " + " + length + " are outside");
    }
  }

  private void checkOpen() throws IOException {
    if (closed) {
      throw new IOException("the volume is closed");
    }
  }

  private void checkWritable() throws IOException {
    checkOpen();
    if (readOnlyReason != null) {
      throw new IOException("the volume takes no writes: " + readOnlyReason);
    }
  }

  // ---- what the keeper does in the background

  private long checkpointBytes() {
    // A checkpoint writes the whole map: make it rarer as the map grows.
    return CHECKPOINT_BYTES + 8 * map.mapped() * BlockMap.LONGS_PER_BLOCK * 8;
  }

  private long loggedSinceCheckpoint() {
    return log.loggedBytes() - loggedAtCheckpoint;
  }

  boolean checkpointDue() {
    lock.lock();
    try {
      return !closed && readOnlyReason == null && loggedSinceCheckpoint() > checkpointBytes();
    } finally {
      lock.unlock();
    }
  }

  boolean anythingLogged() {
    lock.lock();
    try {
      return !closed && readOnlyReason == null && loggedSinceCheckpoint() > 0;
    } finally {
      lock.unlock();
    }
  }

  /** Writes the map durably; then segments that were dead at the checkpoint before go. */
  void checkpoint() throws IOException {
    long[][] leaves;
    Position position;
    long logged;
    List<Segment> dead = new ArrayList<>();
    lock.lock();
    try {
      log.submit();
      leaves = map.snapshot();
      position = new Position(log.segmentId(), log.nextIndex(), log.commit(), log.chain());
      logged = log.loggedBytes();
      for (Segment segment : segments.all()) {
        if (segment.sealed() && segment.live() == 0 && segment.id() < position.segmentId()) {
          dead.add(segment);
        }
      }
    } finally {
      lock.unlock();
    }
    flusher.await(position.commit());
    checkpoints.write(++checkpointNumber, leaves, position);
    List<Segment> removable = new ArrayList<>();
    lock.lock();
    try {
      loggedAtCheckpoint = logged;
      deadAtLastCheckpoint.forEach(Segment::condemn);
      deadAtLastCheckpoint = dead;
      for (Segment segment : segments.all()) {
        if (segment.removable()) {
          removable.add(segment);
        }
      }
      removable.forEach(segments::remove);
      roomInLog.signalAll();
    } finally {
      lock.unlock();
    }
    for (Segment segment : removable) {
      files.retire(segment);
    }
  }

  void prepareSpares() throws IOException {
    files.prepareSpares();
  }

  /**
   * Moves the live blocks of the emptiest segment, if the log takes too much room; true if it did.
   */
  boolean cleanOne() throws IOException {
    Segment victim;
    lock.lock();
    try {
      if (closed || readOnlyReason != null) {
        return false;
      }
      victim = Cleaning.choose(segments, map);
      if (victim == null) {
        return false;
      }
      victim.pin();
    } finally {
      lock.unlock();
    }
    try {
      new Cleaning(lock, segments, map, log, reader).empty(victim);
    } finally {
      lock.lock();
      try {
        if (victim.live() > 0) {
          victim.setDamaged(); // what is left cannot be moved
        }
        victim.unpin();
      } finally {
        lock.unlock();
      }
    }
    return true;
  }

  void failed(String what) {
    readOnlyReason = what;
    lock.lock();
    try {
      findings.add(what);
      roomInLog.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Flushes, writes a last checkpoint and closes all files. Idempotent. */
  @Override
  public void close() throws IOException {
    lock.lock();
    try {
      if (closed) {
        return;
      }
    } finally {
      lock.unlock();
    }
    keeper.stop();
    try {
      if (anythingLogged()) {
        flush();
        checkpoint();
      }
    } finally {
      lock.lock();
      try {
        closed = true;
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
