package io.coterie.volume.internal.engine;

import io.coterie.crypto.api.Aead;
import io.coterie.volume.api.CheckReport;
import io.coterie.volume.api.Watcher;
import io.coterie.volume.internal.files.VolumeDirectory;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.format.SnapshotEntry;
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
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * An open volume: a log of sealed blocks and a map of where each block stands in it. Thread-safe:
 * one lock guards map, log and segment table; blocks are read and opened outside it.
 */
public final class LogVolume implements AutoCloseable {
  private final ReentrantLock lock = new ReentrantLock();
  private final VolumeState state = new VolumeState();
  private volatile long sizeBytes;
  private final VolumeKeys keys;
  private final BlockPacking packing;
  private final OpenSegments open;
  private final SegmentFiles files;
  private final MapBudget budget;
  private final HeadMap map;
  private final LogWriter log;
  private final Readers readers = new Readers();
  private final BlockReader reader;
  private final BlockWriter writer;
  private final Flusher flusher;
  private final MapLock mapLock;
  private final Extents extents;
  private final Snapshots snapshots;
  private final Forking forking;
  private final Backlog backlog;
  private final Upkeep upkeep;
  private final Keeper keeper;

  private LogVolume(
      VolumeHeader header,
      VolumeKeys keys,
      Aead aead,
      BlockPacking packing,
      OpenSegments open,
      SegmentFiles files,
      Roots roots,
      NodeReader nodes,
      Recovered found,
      Witness witness,
      EngineContext context,
      VolumeDirectory directory)
      throws IOException {
    this.sizeBytes = header.sizeBytes();
    this.keys = keys;
    this.packing = packing;
    SegmentTable segments = found.table();
    this.open = open;
    this.files = files;
    this.budget = context.budget();
    this.map = found.map();
    found.findings().forEach(state::found);
    this.log = new LogWriter(files, open, segments, map, new UnitCipher(aead), found.end());
    this.reader = new BlockReader(aead, open, packing);
    this.flusher = new Flusher(lock, log, open, files, this::forceFailed);
    TreeReader trees = new TreeReader(nodes);
    CheckpointWriter checkpoints =
        new CheckpointWriter(
            lock,
            log,
            segments,
            map,
            found.live(),
            nodes,
            trees,
            flusher,
            roots,
            context.clock(),
            found.lastCheckpoint(),
            found.snapshots());
    this.mapLock = new MapLock(lock, state, map, readers);
    this.writer = new BlockWriter(lock, state, mapLock, map, log, reader, packing, this::awaitRoom);
    this.extents = new Extents(lock, mapLock, map, log);
    this.snapshots = new Snapshots(lock, readers, reader, checkpoints, trees);
    this.forking = new Forking(lock, log, open, directory, snapshots, trees);
    this.backlog = new Backlog(lock, state, segments, map, log, context.cleaning());
    this.upkeep =
        new Upkeep(
            lock,
            state,
            segments,
            files,
            checkpoints,
            map,
            log,
            flusher,
            backlog,
            new DeadSegments(lock, segments, open, files, readers),
            new Victims(lock, state, segments, files, log, context.cleaning()),
            new Cleaning(lock, mapLock, open, map, trees, log, aead),
            snapshots,
            trees,
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
   * again; the keys and the packing stay the caller's.
   *
   * @param fresh true when it was just created and has no checkpoint yet
   */
  public static LogVolume open(
      VolumeDirectory directory,
      VolumeHeader header,
      VolumeKeys keys,
      Aead aead,
      BlockPacking packing,
      Witness witness,
      EngineContext context,
      boolean fresh)
      throws IOException {
    long size = header.sizeBytes();
    return open(
        directory,
        header,
        keys,
        aead,
        packing,
        witness,
        context,
        (files, open, nodes, roots) ->
            fresh
                ? Recovered.fresh(size, nodes, context.budget())
                : Recovered.from(
                    size, files.ids(), roots, open, nodes, new UnitCipher(aead), context.budget()));
  }

  /**
   * Opens a volume that was just made of another one's snapshot: its segments are in the directory,
   * and nothing else is.
   *
   * @param fork what {@link #fork} of the other one returned
   * @param keys those of the segments, and one more, which the other volume has not
   */
  public static LogVolume openFork(
      VolumeDirectory directory,
      VolumeHeader header,
      VolumeKeys keys,
      Aead aead,
      BlockPacking packing,
      EngineContext context,
      Fork fork)
      throws IOException {
    return open(
        directory,
        header,
        keys,
        aead,
        packing,
        Witness.NONE,
        context,
        (files, open, nodes, roots) ->
            Recovered.forked(header.sizeBytes(), fork, nodes, context.budget()));
  }

  /** Finds out what there is. */
  private interface Beginning {
    Recovered find(SegmentFiles files, OpenSegments open, NodeReader nodes, Roots roots)
        throws IOException;
  }

  private static LogVolume open(
      VolumeDirectory directory,
      VolumeHeader header,
      VolumeKeys keys,
      Aead aead,
      BlockPacking packing,
      Witness witness,
      EngineContext context,
      Beginning beginning)
      throws IOException {
    SegmentFiles files = new SegmentFiles(directory, keys, context.entropy());
    OpenSegments open = new OpenSegments(files);
    NodeReader nodes = new NodeReader(aead, open);
    Roots roots = new Roots(directory, keys);
    MapBudget budget = context.budget();
    budget.join();
    try {
      Recovered found = beginning.find(files, open, nodes, roots);
      if (found.lost() == null) {
        roots.prepare();
      }
      return new LogVolume(
          header, keys, aead, packing, open, files, roots, nodes, found, witness, context,
          directory);
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
    checkWritable();
    upkeep.checkpoint();
    upkeep.checkpoint();
  }

  /** Puts what was written so far into the tree, unless the volume takes no writes. */
  void settle() throws IOException {
    if (readOnlyReason() == null) {
      catchUp();
      upkeep.checkpoint();
    }
  }

  /** The oldest epoch of which a segment may be. */
  public int oldestEpochNeeded() {
    return upkeep.keyState().oldestEpoch();
  }

  /** How much of the live data is sealed under the newest key, 0 to 100. */
  public int underNewestKeyPercent() {
    Upkeep.KeyState keys = upkeep.keyState();
    return keys.oldGranules() == 0
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
    takeSnapshot(name, description, nowMillis, new byte[0]);
  }

  /**
   * The same, of content that is a copy.
   *
   * @param origin see {@link SnapshotEntry#identity}
   */
  public void takeSnapshot(String name, String description, long nowMillis, byte[] origin)
      throws IOException {
    catchUp();
    checkWritable();
    if (snapshots.list().size() + snapshots.deleting() >= SnapshotEntry.MAX_SNAPSHOTS) {
      throw new IOException("there are " + SnapshotEntry.MAX_SNAPSHOTS + " snapshots");
    }
    upkeep.checkpoint(new MapChange.TakeSnapshot(name, description, nowMillis, origin));
    upkeep.checkpoint(); // then both roots know of it: the log tells nothing of snapshots
  }

  /** Gives a snapshot up; what only it needs becomes free bit by bit. */
  public void deleteSnapshot(String name) throws IOException {
    catchUp();
    checkWritable();
    upkeep.checkpoint(new MapChange.MarkDeleted(name));
    keeper.wake();
  }

  /**
   * Shares what a snapshot holds with another volume, which {@link #openFork} opens then. The
   * snapshot must not be deleted meanwhile.
   *
   * @param to the directory of the other volume
   */
  public Fork fork(String snapshot, VolumeDirectory to, Watcher watcher) throws IOException {
    checkWritable();
    return forking.run(snapshot, to, watcher);
  }

  /**
   * Makes the volume larger; what is behind its old end reads as zeroes. The header on disk says so
   * already: after a crash the volume is opened with the new size.
   */
  public void grow(long newSizeBytes) {
    if (newSizeBytes < sizeBytes) {
      throw new IllegalArgumentException("a volume never shrinks");
    }
    synchronized (upkeep) { // no checkpoint is being written
      lock.lock();
      try {
        map.grow(newSizeBytes);
        sizeBytes = newSizeBytes;
      } finally {
        lock.unlock();
      }
    }
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

  /** What of the log is needed: by the volume, by its snapshots and for the map. */
  public long liveBytes() {
    return upkeep.keyState().liveGranules() * Sizes.GRANULE;
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
      mapLock.lock(first, last);
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
        readers.exit(period);
      }
    } finally {
      reader.giveBack(worker);
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
    return writer.write(offset, source, sourceOffset, length);
  }

  /**
   * Holds back a writer that changes more of the map than memory can take, be it before it submits:
   * one trim may change the leaves of the whole volume.
   */
  private void awaitRoom() throws IOException {
    lock.lock();
    try {
      state.checkOpen();
      if (map.crowded()) {
        log.submit();
        backlog.awaitRoom(keeper::wake);
      } else {
        backlog.pace(keeper::wake);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Stages zeroes over a range and returns the generation. */
  long zero(long offset, long length) throws IOException {
    checkRange(offset, length);
    catchUp();
    return writer.zero(offset, length);
  }

  /**
   * Hands what is staged to the operating system.
   *
   * @param sinceGeneration the oldest generation the caller staged into
   * @throws IOException when anything of it was lost to an I/O error, now or when another caller
   *     submitted
   */
  void submit(long sinceGeneration) throws IOException {
    boolean due;
    lock.lock();
    try {
      state.checkOpen();
      log.submit();
      if (log.failedGeneration() >= sinceGeneration) {
        throw new IOException("a write could not be stored");
      }
      backlog.awaitRoom(keeper::wake);
      due = backlog.due().upkeep();
    } finally {
      lock.unlock();
    }
    if (due) {
      keeper.wake();
    }
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
    flusher.await(target);
  }

  /** What the operating system had may be lost, and it does not say what: no more writes. */
  private void forceFailed(IOException e) {
    String reason = "forcing the log to disk failed: " + e.getMessage();
    lock.lock();
    try {
      state.stopWrites(reason);
      state.found(reason);
      backlog.wakeWriters();
    } finally {
      lock.unlock();
    }
  }

  /** See {@link io.coterie.volume.api.BlockDevice#extent}. */
  long extent(long offset, long length) throws IOException {
    if (offset < 0 || length < 1 || offset > sizeBytes - length) {
      throw new IllegalArgumentException("outside the volume");
    }
    return extents.find(offset, length);
  }

  /** Reads and authenticates every block that holds data, here and in snapshots. */
  public CheckReport check() throws IOException {
    return new VolumeCheck(this, (what, percent) -> {}).run();
  }

  void checkOpen() throws IOException {
    lock.lock();
    try {
      state.checkOpen();
    } finally {
      lock.unlock();
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
      if (backlog.due().anythingLogged()) {
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
        packing.close();
        keys.close();
      } finally {
        lock.unlock();
      }
    }
  }
}
