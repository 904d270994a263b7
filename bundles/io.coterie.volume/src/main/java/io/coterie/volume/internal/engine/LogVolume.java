package io.coterie.volume.internal.engine;

import io.coterie.crypto.api.Aead;
import io.coterie.volume.api.CheckReport;
import io.coterie.volume.api.DamagedBlockException;
import io.coterie.volume.internal.files.VolumeDirectory;
import io.coterie.volume.internal.format.Descriptor;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.format.VolumeHeader;
import io.coterie.volume.internal.format.VolumeKeys;
import io.coterie.volume.internal.log.Flusher;
import io.coterie.volume.internal.log.LogWriter;
import io.coterie.volume.internal.log.OpenSegments;
import io.coterie.volume.internal.log.Readers;
import io.coterie.volume.internal.log.SegmentFiles;
import io.coterie.volume.internal.log.SegmentTable;
import io.coterie.volume.internal.log.UnitCipher;
import io.coterie.volume.internal.map.HeadMap;
import io.coterie.volume.internal.map.MapChange;
import io.coterie.volume.internal.map.NodeReader;
import io.coterie.volume.internal.map.TreeReader;
import io.coterie.volume.internal.memory.MapBudget;
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

  /** How many leaves of the map one step of a long act looks at. */
  private static final long STEP_BLOCKS = 64L * Sizes.LEAF_ENTRIES;

  private static final long EXTENT_LEAVES = 3;

  private final ReentrantLock lock = new ReentrantLock();
  private final VolumeState state = new VolumeState();
  private final long sizeBytes;
  private final VolumeKeys keys;
  private final SegmentTable segments;
  private final OpenSegments open;
  private final SegmentFiles files;
  private final MapBudget budget;
  private final HeadMap map;
  private final LogWriter log;
  private final Readers readers = new Readers();
  private final BlockReader reader;
  private final Flusher flusher;
  private final Snapshots snapshots;
  private final Upkeep upkeep;
  private final Keeper keeper;
  private final byte[] partial = new byte[Sizes.BLOCK];

  private LogVolume(
      VolumeHeader header,
      VolumeKeys keys,
      Aead aead,
      OpenSegments open,
      SegmentFiles files,
      Roots roots,
      NodeReader nodes,
      Recovered found,
      Witness witness,
      EngineContext context)
      throws IOException {
    this.sizeBytes = header.sizeBytes();
    this.keys = keys;
    this.segments = found.table();
    this.open = open;
    this.files = files;
    this.budget = context.budget();
    this.map = found.map();
    found.findings().forEach(state::found);
    this.log = new LogWriter(files, open, segments, map, new UnitCipher(aead), found.end());
    this.reader = new BlockReader(aead, open);
    this.flusher = new Flusher(lock, log, open, files);
    CheckpointWriter checkpoints =
        new CheckpointWriter(
            lock,
            log,
            segments,
            map,
            found.live(),
            nodes,
            flusher,
            roots,
            context.clock(),
            sizeBytes,
            found.lastCheckpoint(),
            found.snapshots());
    TreeReader trees = new TreeReader(nodes);
    this.snapshots = new Snapshots(lock, state, readers, reader, checkpoints, trees, sizeBytes);
    Cleaning cleaning = new Cleaning(lock, open, map, trees, log, aead);
    this.upkeep =
        new Upkeep(
            lock,
            state,
            segments,
            open,
            files,
            readers,
            checkpoints,
            map,
            log,
            flusher,
            cleaning,
            trees,
            context.cleaning(),
            witness);
    String objection =
        witness.objection(found.startCheckpoint(), found.start(), found.end().commit());
    String reason = found.lost() == null ? objection : found.lost();
    if (reason == null) {
      flusher.forceFound(found.tail());
      boolean fresh = found.lastCheckpoint() == 0;
      if (fresh) {
        upkeep.checkpoint();
      } else {
        state.setAwaitsCheckpoint(!upkeep.tryCheckpoint());
        if (found.mendRoots()) {
          upkeep.tryCheckpoint(); // its turn is the other root
        }
      }
    } else {
      state.stopWrites(reason);
      state.found(reason);
    }
    this.keeper = new Keeper(upkeep, files, context.threads(), context.clock());
  }

  /**
   * Opens a volume directory, recovering what a crash left. On a failure every file is closed
   * again; the keys stay the caller's.
   *
   * @param fresh true when it was just created and has no checkpoint yet
   */
  public static LogVolume open(
      VolumeDirectory directory,
      VolumeHeader header,
      VolumeKeys keys,
      Aead aead,
      Witness witness,
      EngineContext context,
      boolean fresh)
      throws IOException {
    SegmentFiles files = new SegmentFiles(directory, keys, context.entropy());
    OpenSegments open = new OpenSegments(files);
    NodeReader nodes = new NodeReader(aead, open);
    Roots roots = new Roots(directory, keys);
    MapBudget budget = context.budget();
    budget.join();
    try {
      Recovered found =
          fresh
              ? Recovered.fresh(header.sizeBytes(), nodes, budget)
              : Recovered.from(
                  header.sizeBytes(),
                  files.ids(),
                  roots,
                  open,
                  nodes,
                  new UnitCipher(aead),
                  budget);
      if (found.lost() == null) {
        roots.prepare();
      }
      return new LogVolume(header, keys, aead, open, files, roots, nodes, found, witness, context);
    } catch (IOException | RuntimeException | Error e) {
      budget.leave();
      open.close();
      throw e;
    }
  }

  Upkeep upkeep() {
    return upkeep;
  }

  /**
   * Lets what is sealed under old keys be sealed under the newest one in the background.
   *
   * @param whenFree runs on the keeper's thread, perhaps often, when nothing needs an old key; null
   *     when nobody asks
   */
  public void reencrypt(boolean paused, Runnable whenFree) {
    keeper.setReencryption(paused, whenFree);
  }

  /** Writes both roots anew: what authenticates them is the newest key then. */
  public void renewRoots() throws IOException {
    upkeep.checkpoint();
    upkeep.checkpoint();
  }

  /** How much of the live data is sealed under the newest key, 0 to 100. */
  public int underNewestKeyPercent() {
    Upkeep.KeyState keys = upkeep.keyState();
    return keys.done() || keys.liveGranules() == 0
        ? 100
        : (int) Math.min(99, 100 - 100 * keys.oldGranules() / keys.liveGranules());
  }

  /** What was kept of earlier moments. */
  public Snapshots snapshots() {
    return snapshots;
  }

  /**
   * Keeps the volume as it is now: everything that was answered is in it.
   *
   * @param name that no other snapshot has
   * @param description for people, may be empty
   */
  public void takeSnapshot(String name, String description, long nowMillis) throws IOException {
    catchUp();
    checkWritable();
    upkeep.checkpoint(new MapChange.TakeSnapshot(name, description, nowMillis));
    upkeep.checkpoint(); // then both roots know of it: the log tells nothing of snapshots
  }

  /** Gives a snapshot up; what only it needs becomes free bit by bit. */
  public void deleteSnapshot(String name) throws IOException {
    catchUp();
    checkWritable();
    upkeep.checkpoint(new MapChange.MarkDeleted(name));
    keeper.wake();
  }

  private void checkWritable() throws IOException {
    lock.lock();
    try {
      state.checkWritable();
    } finally {
      lock.unlock();
    }
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
    BlockReader.Worker worker = reader.take();
    try {
      long period;
      lockWithMap(first, last);
      try {
        state.checkOpen();
        log.submit();
        worker.plan(map, first, (int) (last - first + 1));
        period = readers.enter();
      } finally {
        lock.unlock();
      }
      try {
        worker.run((int) (offset % Sizes.BLOCK), target, targetOffset, length);
      } finally {
        leave(period);
      }
    } finally {
      reader.giveBack(worker);
    }
  }

  private void leave(long period) {
    lock.lock();
    try {
      readers.exit(period);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes the lock with the map of some blocks in memory, so that nobody waits for the disk under
   * it. If memory is too short for all of it, the rest is fetched under the lock.
   */
  private void lockWithMap(long firstLba, long lastLba) throws IOException {
    long tries = 16 + 2 * (lastLba - firstLba) / Sizes.LEAF_ENTRIES;
    while (true) {
      HeadMap.Miss miss;
      long period = 0;
      lock.lock();
      boolean keep = false;
      try {
        state.checkOpen();
        miss = tries-- > 0 ? map.missing(firstLba, lastLba) : null;
        keep = miss == null;
        period = keep ? 0 : readers.enter();
      } finally {
        if (!keep) {
          lock.unlock();
        }
      }
      if (keep) {
        return;
      }
      long[] fetched = null;
      try {
        fetched = map.fetch(miss);
      } catch (DamagedBlockException e) {
        tries = 0; // whoever needs it learns of it below
      } finally {
        adopt(miss, fetched, period);
      }
    }
  }

  private void adopt(HeadMap.Miss miss, long[] fetched, long period) throws IOException {
    lock.lock();
    try {
      readers.exit(period);
      if (fetched != null) {
        map.adopt(miss, fetched);
      }
    } finally {
      lock.unlock();
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
    lockWithMap(offset / Sizes.BLOCK, (offset + Math.max(1, length) - 1) / Sizes.BLOCK);
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
    long end = offset + length;
    long at = offset;
    long generation = Long.MAX_VALUE;
    while (at < end) {
      long next = Math.min(end, (at / Sizes.BLOCK + STEP_BLOCKS) * Sizes.BLOCK);
      lockWithMap(at / Sizes.BLOCK, (next - 1) / Sizes.BLOCK);
      try {
        state.checkWritable();
        generation = Math.min(generation, log.generation());
        zeroStep(at, next);
      } finally {
        lock.unlock();
      }
      at = next;
    }
    return generation;
  }

  private void zeroStep(long from, long end) throws IOException {
    long at = from;
    while (at < end) {
      long lba = at / Sizes.BLOCK;
      int inBlock = (int) (at % Sizes.BLOCK);
      long wholeBlocks = inBlock == 0 ? (end - at) / Sizes.BLOCK : 0;
      if (wholeBlocks > 0) {
        map.prepareClearing(lba, wholeBlocks);
        log.stageHole(lba, wholeBlocks);
        at += wholeBlocks * Sizes.BLOCK;
      } else {
        int part = (int) Math.min(end - at, Sizes.BLOCK - inBlock);
        readBlock(lba, partial);
        java.util.Arrays.fill(partial, inBlock, inBlock + part, (byte) 0);
        stage(lba, partial, 0);
        at += part;
      }
    }
  }

  private void stage(long lba, byte[] source, int offset) throws IOException {
    map.prepare(lba);
    if (Zeroes.only(source, offset, Sizes.BLOCK)) {
      log.stageHole(lba, 1);
    } else {
      log.stage(Descriptor.DATA, lba, source, offset);
    }
  }

  /** Reads one block under the lock, for a write that covers only a part of it. */
  private void readBlock(long lba, byte[] target) throws IOException {
    log.submit();
    BlockReader.Worker worker = reader.take();
    try {
      worker.plan(map, lba, 1);
      worker.run(0, target, 0, Sizes.BLOCK);
    } finally {
      reader.giveBack(worker);
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
    long first = offset / Sizes.BLOCK;
    long end = offset + length;
    long last = Math.min((end - 1) / Sizes.BLOCK, first + STEP_BLOCKS - 1);
    boolean data = false;
    long at = first;
    while (at <= last) {
      // Few leaves at a time: a short run needs no more of them.
      long lastHere = Math.min(last, endOfLeaf(at) - 1 + EXTENT_LEAVES * Sizes.LEAF_ENTRIES);
      lockWithMap(at, lastHere);
      try {
        state.checkOpen();
        log.submit();
        boolean dataHere = map.hasData(at);
        if (at == first) {
          data = dataHere;
        } else if (dataHere != data) {
          break;
        }
        long endOfRun = endOfRun(at, lastHere);
        boolean ended = endOfRun <= lastHere;
        at = endOfRun;
        if (ended) {
          break;
        }
      } catch (DamagedBlockException e) {
        if (at == first) {
          throw e;
        }
        break; // whoever asks about that block learns of it
      } finally {
        lock.unlock();
      }
    }
    long found = Math.min(at * Sizes.BLOCK, end) - offset;
    return data ? found : -found;
  }

  /** A damaged node behind the first leaf does not keep the run before it from being told. */
  private long endOfRun(long first, long last) throws IOException {
    try {
      return map.endOfRun(first, last);
    } catch (DamagedBlockException e) {
      return map.endOfRun(first, Math.min(last, endOfLeaf(first) - 1));
    }
  }

  private static long endOfLeaf(long lba) {
    return (lba / Sizes.LEAF_ENTRIES + 1) * Sizes.LEAF_ENTRIES;
  }

  /** Reads and authenticates every block that holds data. */
  public CheckReport check() throws IOException {
    byte[] block = new byte[Sizes.BLOCK];
    List<String> damaged = new ArrayList<>();
    long blocks = 0;
    long bad = 0;
    for (long at = 0; at < sizeBytes; ) {
      long extent;
      try {
        extent = extent(at, Math.min(sizeBytes - at, CHECK_RUN_BYTES));
      } catch (DamagedBlockException e) {
        long end = Math.min(sizeBytes, endOfLeaf(at / Sizes.BLOCK) * Sizes.BLOCK);
        bad += (end - at) / Sizes.BLOCK;
        report(e, damaged);
        at = end;
        continue;
      }
      long end = at + Math.abs(extent);
      for (; extent > 0 && at < end; at += Sizes.BLOCK) {
        blocks++;
        try {
          read(at, block, 0, Sizes.BLOCK);
        } catch (IOException e) { // of the disk, too: the others may be read
          checkOpen();
          bad++;
          report(e, damaged);
        }
      }
      at = end;
    }
    return new CheckReport(blocks, bad, damaged);
  }

  private void checkOpen() throws IOException {
    lock.lock();
    try {
      state.checkOpen();
    } finally {
      lock.unlock();
    }
  }

  private static void report(IOException e, List<String> damaged) {
    if (damaged.size() < MAX_REPORTED) {
      damaged.add(e.getMessage());
    }
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
        budget.leave();
        log.close();
        open.close();
        files.deleteSpares();
        keys.close();
      } finally {
        lock.unlock();
      }
    }
  }
}
