package io.coterie.volume.internal.engine;

import io.coterie.volume.api.DamagedBlockException;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.format.SnapshotEntry;
import io.coterie.volume.internal.log.Flusher;
import io.coterie.volume.internal.log.LogWriter;
import io.coterie.volume.internal.log.OpenSegments;
import io.coterie.volume.internal.log.Readers;
import io.coterie.volume.internal.log.SegmentFiles;
import io.coterie.volume.internal.log.SegmentTable;
import io.coterie.volume.internal.map.Catalogue;
import io.coterie.volume.internal.map.HeadMap;
import io.coterie.volume.internal.map.MapChange;
import io.coterie.volume.internal.map.Relocation;
import io.coterie.volume.internal.map.TreeDifference;
import io.coterie.volume.internal.map.TreeReader;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What keeps a log short: checkpoints of the map, the cleaner, and giving back what is dead. Runs
 * on the keeper's thread, and once at opening and closing. Thread-safe by the volume's lock.
 */
final class Upkeep {
  private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);
  private static final long CHECKPOINT_BYTES = 64L << 20;

  /** A checkpoint writes the whole table of segments, about so much of it for each. */
  private static final long BYTES_PER_SEGMENT = 5;

  private static final long TABLES_BETWEEN_CHECKPOINTS = 64;
  private static final long WRITER_STALL_MILLIS = 30_000;

  /** So many checkpoints may be due before a writer is slowed down, and before it has to wait. */
  private static final long FREE_INTERVALS = 2;

  private static final long LIMIT_INTERVALS = 6;
  private static final long LONGEST_PACE_NANOS = TimeUnit.MILLISECONDS.toNanos(40);
  private static final int FORCED_SEGMENTS = 4;

  /** What one round of cleaning moves at most; its places are in memory until a checkpoint. */
  private static final int MAX_MOVED_UNITS = 8192;

  /** So many leaves of a snapshot are compared at once when it is deleted: 2 GiB of it. */
  private static final int LEAVES_OF_A_PIECE = 4096;

  private static final int MAX_VICTIMS = 64;

  private static final long DATA_GRANULES =
      (long) (Sizes.SEGMENT_BLOCKS - 1) * Sizes.BLOCK_GRANULES;

  private final ReentrantLock lock;
  private final Condition roomInLog;
  private final VolumeState state;
  private final SegmentTable segments;
  private final OpenSegments open;
  private final SegmentFiles files;
  private final Readers readers;
  private final CheckpointWriter checkpoints;
  private final HeadMap map;
  private final LogWriter log;
  private final Flusher flusher;
  private final Cleaning cleaning;
  private final TreeReader trees;
  private final CleaningPolicy policy;
  private final Witness witness;
  private final Set<Long> leftAlone = new HashSet<>();
  private final Deque<GivenUp> givenUp = new ArrayDeque<>();
  private long loggedAtCheckpoint;
  private List<Long> deadAtLastCheckpoint = List.of();
  private Relocation relocation;

  /** Segments that go when all who read in a period are done. */
  private record GivenUp(long period, List<Long> ids) {}

  Upkeep(
      ReentrantLock lock,
      VolumeState state,
      SegmentTable segments,
      OpenSegments open,
      SegmentFiles files,
      Readers readers,
      CheckpointWriter checkpoints,
      HeadMap map,
      LogWriter log,
      Flusher flusher,
      Cleaning cleaning,
      TreeReader trees,
      CleaningPolicy policy,
      Witness witness) {
    this.lock = lock;
    this.roomInLog = lock.newCondition();
    this.state = state;
    this.segments = segments;
    this.open = open;
    this.files = files;
    this.readers = readers;
    this.checkpoints = checkpoints;
    this.map = map;
    this.log = log;
    this.flusher = flusher;
    this.cleaning = cleaning;
    this.trees = trees;
    this.policy = policy;
    this.witness = witness;
  }

  /**
   * Back-pressure. A writer that is ahead of the disk is slowed down the more the further it is, so
   * that it seldom has to stop; at the limit it waits for a checkpoint.
   */
  void awaitRoom(Runnable wakeKeeper) throws IOException {
    long ahead = loggedSinceCheckpoint();
    long free = FREE_INTERVALS * checkpointBytes();
    long limit = LIMIT_INTERVALS * checkpointBytes();
    if (ahead > free && ahead <= limit && !map.crowded()) {
      wakeKeeper.run();
      await(LONGEST_PACE_NANOS * (ahead - free) / (limit - free));
      return;
    }
    long leftNanos = TimeUnit.MILLISECONDS.toNanos(WRITER_STALL_MILLIS);
    while (farAhead() && state.takesWrites()) {
      wakeKeeper.run();
      leftNanos = await(leftNanos);
      if (leftNanos <= 0) {
        throw new IOException(
            "the log is full: no checkpoint within " + WRITER_STALL_MILLIS + " ms");
      }
    }
  }

  private long await(long nanos) throws IOException {
    try {
      return roomInLog.awaitNanos(nanos);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private boolean farAhead() {
    return map.crowded() || loggedSinceCheckpoint() > LIMIT_INTERVALS * checkpointBytes();
  }

  /** Enough was written that a flush would have to wait for it: it is forced beforehand. */
  boolean forceDue() {
    lock.lock();
    try {
      return state.takesWrites() && log.dirtySegments() >= FORCED_SEGMENTS;
    } finally {
      lock.unlock();
    }
  }

  /** Forces what was written so far. */
  void force() throws IOException {
    long commit;
    lock.lock();
    try {
      commit = log.commit();
    } finally {
      lock.unlock();
    }
    flusher.await(commit);
  }

  private long checkpointBytes() {
    return CHECKPOINT_BYTES + TABLES_BETWEEN_CHECKPOINTS * BYTES_PER_SEGMENT * segments.count();
  }

  private long loggedSinceCheckpoint() {
    return log.loggedBytes() - loggedAtCheckpoint;
  }

  boolean checkpointDue() {
    lock.lock();
    try {
      return state.takesWrites()
          && (map.checkpointDue() || loggedSinceCheckpoint() > checkpointBytes());
    } finally {
      lock.unlock();
    }
  }

  boolean anythingLogged() {
    lock.lock();
    try {
      return state.takesWrites() && loggedSinceCheckpoint() > 0;
    } finally {
      lock.unlock();
    }
  }

  /** False when there is no room for it: the checkpoint before still serves. */
  boolean tryCheckpoint() {
    try {
      checkpoint();
      return true;
    } catch (IOException e) {
      LOG.warn("COT-0511 a checkpoint failed and is tried again: {}", e.toString());
      return false;
    }
  }

  /** Writes the map durably; then segments that were dead at the checkpoint before go. */
  void checkpoint() throws IOException {
    checkpoint(new MapChange.Keep());
  }

  /** As {@link #checkpoint()}, and changes what snapshots there are. */
  void checkpoint(MapChange change) throws IOException {
    write(change);
  }

  /** Writes a checkpoint and compares what it counts as live with what its trees need. */
  synchronized List<String> audit() throws IOException {
    SegmentTable kept = write(new MapChange.Keep());
    long[] top;
    Catalogue snapshots;
    long period;
    lock.lock();
    try {
      top = map.top();
      snapshots = checkpoints.catalogue();
      period = readers.enter();
    } finally {
      lock.unlock();
    }
    try {
      return new LiveAudit(trees).differences(kept, snapshots, map.topLevel(), top);
    } finally {
      leave(period);
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

  /** Writes a checkpoint and returns how much is live where for it. */
  private synchronized SegmentTable write(MapChange change) throws IOException {
    Relocation moved = relocation;
    relocation = null; // if the checkpoint fails, what was moved is given up
    CheckpointWriter.Done done = checkpoints.write(moved, change);
    List<Long> dead = new ArrayList<>();
    for (long id : done.table().ids()) {
      if (done.table().live(id) == 0 && id < done.position().segmentId()) {
        dead.add(id);
      }
    }
    lock.lock();
    try {
      loggedAtCheckpoint = done.loggedBytes();
      deadAtLastCheckpoint.forEach(segments::remove);
      if (!deadAtLastCheckpoint.isEmpty()) {
        givenUp.add(new GivenUp(readers.giveUp(), deadAtLastCheckpoint));
      }
      dead.removeAll(new HashSet<>(deadAtLastCheckpoint));
      deadAtLastCheckpoint = dead;
      roomInLog.signalAll();
    } finally {
      lock.unlock();
    }
    giveBack();
    remember(done);
    return done.table();
  }

  private void remember(CheckpointWriter.Done done) {
    try {
      witness.seen(done.number(), done.position());
    } catch (IOException e) {
      LOG.warn("COT-0511 an older copy of this volume would not be noticed now: {}", e.toString());
    }
  }

  /** Takes the files of dead segments away that nobody reads any more. */
  synchronized void giveBack() throws IOException {
    while (true) {
      GivenUp next;
      lock.lock();
      try {
        next = givenUp.peek();
        if (next == null || !readers.doneUpTo(next.period())) {
          return;
        }
        givenUp.remove();
      } finally {
        lock.unlock();
      }
      for (long id : next.ids()) {
        open.forget(id);
        files.retire(id);
      }
    }
  }

  /**
   * Moves what is live out of the emptiest segments, if the log takes too much room, and writes a
   * checkpoint; true if it did.
   */
  synchronized boolean clean() throws IOException {
    List<Long> victims = victims();
    if (victims.isEmpty()) {
      return false;
    }
    empty(victims);
    return true;
  }

  private void empty(List<Long> victims) throws IOException {
    Relocation moved = new Relocation(map.topLevel());
    for (long victim : victims) {
      if (moved.size() < MAX_MOVED_UNITS && !emptied(victim, moved)) {
        leftAlone.add(victim);
      }
    }
    relocation = moved.empty() ? null : moved;
    try {
      checkpoint();
    } catch (DamagedBlockException e) {
      LOG.error("COT-0510 cleaning leaves segments as they are: {}", e.getMessage());
      leftAlone.addAll(victims);
    }
  }

  /**
   * Seals some of what stands in segments of old epochs under the newest key, and writes a
   * checkpoint; true if there was anything.
   */
  synchronized boolean reencrypt() throws IOException {
    List<Long> old = new ArrayList<>();
    boolean dead = false;
    lock.lock();
    try {
      for (long id : state.takesWrites() ? segments.ids() : new long[0]) {
        if (segments.epoch(id) < files.currentEpoch()) {
          dead |= segments.live(id) == 0 || !log.sealed(id);
          if (segments.live(id) > 0 && log.sealed(id) && !leftAlone.contains(id)) {
            old.add(id);
          }
        }
      }
    } finally {
      lock.unlock();
    }
    int few = fewOf(old);
    if (few > 0) {
      empty(old.subList(0, few));
    } else if (dead) {
      checkpoint(); // it goes with the second one, and the last one is left for a new one
    }
    return few > 0 || dead;
  }

  /**
   * How far a change of keys is.
   *
   * @param oldGranules live under keys of old epochs
   * @param done true when nothing is left that needs one
   */
  record KeyState(long oldGranules, long liveGranules, boolean done) {}

  KeyState keyState() {
    lock.lock();
    try {
      long old = 0;
      boolean any = !givenUp.isEmpty();
      for (long id : segments.ids()) {
        if (segments.epoch(id) < files.currentEpoch()) {
          any = true;
          old += segments.live(id);
        }
      }
      return new KeyState(old, segments.liveGranules(), !any);
    } finally {
      lock.unlock();
    }
  }

  private boolean emptied(long victim, Relocation moved) throws IOException {
    try {
      return cleaning.empty(victim, snapshots(), moved);
    } catch (DamagedBlockException | java.io.EOFException e) {
      LOG.error("COT-0510 cleaning leaves a segment as it is: {}", e.getMessage());
      return false;
    }
  }

  /** The emptiest segments, when all take too much more than what is live. */
  private List<Long> victims() throws IOException {
    lock.lock();
    try {
      long full = segments.liveGranules() / DATA_GRANULES + 1;
      List<Long> withData = new ArrayList<>();
      List<Long> worthIt = new ArrayList<>();
      for (long id : state.takesWrites() ? segments.ids() : new long[0]) {
        int live = segments.live(id);
        if (!log.sealed(id) || live == 0 || leftAlone.contains(id)) {
          continue; // what is empty goes with a checkpoint
        }
        withData.add(id);
        if (live * 100L < policy.maxLivePercent() * DATA_GRANULES) {
          worthIt.add(id);
        }
      }
      long tooMany =
          withData.size() - full * policy.crowdedPercent() / 100 - policy.slackSegments();
      worthIt.sort(java.util.Comparator.comparingInt(segments::live));
      return tooMany > 0 ? worthIt.subList(0, fewOf(worthIt)) : List.of();
    } finally {
      lock.unlock();
    }
  }

  /** How many of them one round takes. */
  private int fewOf(List<Long> ids) throws IOException {
    long most =
        Math.min(
            (long) MAX_MOVED_UNITS * Sizes.BLOCK_GRANULES,
            files.roomForCleaningBytes() / Sizes.GRANULE);
    long granules = 0;
    int count = 0;
    while (count < ids.size()
        && granules + segments.live(ids.get(count)) <= most
        && count < MAX_VICTIMS) {
      granules += segments.live(ids.get(count++));
    }
    return count;
  }

  /** The snapshots, also those being deleted. */
  Catalogue snapshots() {
    lock.lock();
    try {
      return checkpoints.catalogue();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Deletes a piece of a snapshot that is marked for it, and writes a checkpoint; true if there was
   * one.
   */
  synchronized boolean deletePiece() throws IOException {
    Catalogue all = snapshots();
    Optional<SnapshotEntry> marked = all.deleting();
    if (marked.isEmpty() || !takesWrites()) {
      return false;
    }
    SnapshotEntry entry = marked.get();
    checkpoint(new MapChange.DeletePiece(entry.era(), endOfPiece(all, entry)));
    return true;
  }

  private boolean takesWrites() {
    lock.lock();
    try {
      return state.takesWrites();
    } finally {
      lock.unlock();
    }
  }

  /** Up to where one step reaches: so many leaves have to be compared. */
  private long endOfPiece(Catalogue all, SnapshotEntry entry) throws IOException {
    long[] end = {Long.MAX_VALUE};
    int[] leaves = new int[1];
    TreeDifference.Visitor counting =
        new TreeDifference.Visitor() {
          @Override
          public void entry(long lba, long[] mine, int at, boolean otherHasData) {
            // Only leaves count.
          }

          @Override
          public void node(long address, long[] pointer, int at) {
            // Only leaves count.
          }

          @Override
          public boolean goOn(long lastLeaf) {
            if (leaves[0]++ < LEAVES_OF_A_PIECE) {
              return true;
            }
            end[0] = lastLeaf;
            return false;
          }
        };
    long[] head;
    long period;
    lock.lock();
    try {
      head = map.top();
      period = readers.enter();
    } finally {
      lock.unlock();
    }
    try {
      long[] newer = all.after(entry).map(SnapshotEntry::pointer).orElse(head);
      new TreeDifference(trees, entry.cursor(), all.eraBefore(entry), false, counting)
          .walk(entry.topLevel(), entry.pointer(), newer);
    } finally {
      leave(period);
    }
    return end[0];
  }

  /** Its upkeep cannot go on: no more writes. */
  void failed(String what) {
    lock.lock();
    try {
      state.stopWrites(what);
      state.found(what);
      roomInLog.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
