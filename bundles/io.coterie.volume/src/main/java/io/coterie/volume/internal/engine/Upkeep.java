package io.coterie.volume.internal.engine;

import io.coterie.volume.api.DamagedBlockException;
import io.coterie.volume.internal.log.Flusher;
import io.coterie.volume.internal.log.LogWriter;
import io.coterie.volume.internal.log.SegmentFiles;
import io.coterie.volume.internal.log.SegmentTable;
import io.coterie.volume.internal.map.HeadMap;
import io.coterie.volume.internal.map.MapChange;
import io.coterie.volume.internal.map.Relocation;
import io.coterie.volume.internal.map.TreeReader;
import java.io.EOFException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What keeps a log short: checkpoints of the map, the cleaner, new keys, and giving back what is
 * dead. Runs on the keeper's thread, and once at opening and closing. Thread-safe: one act at a
 * time, which takes the volume's lock for short.
 */
final class Upkeep {
  private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);

  private final ReentrantLock lock;
  private final VolumeState state;
  private final SegmentTable segments;
  private final SegmentFiles files;
  private final CheckpointWriter checkpoints;
  private final HeadMap map;
  private final LogWriter log;
  private final Flusher flusher;
  private final Backlog backlog;
  private final DeadSegments dead;
  private final Victims victims;
  private final Cleaning cleaning;
  private final Snapshots snapshots;
  private final SnapshotDeletion deletion;
  private final TreeReader trees;
  private final Witness witness;

  /** The last round of the cleaner made room. Guarded by this. */
  private boolean gainful = true;

  Upkeep(
      ReentrantLock lock,
      VolumeState state,
      SegmentTable segments,
      SegmentFiles files,
      CheckpointWriter checkpoints,
      HeadMap map,
      LogWriter log,
      Flusher flusher,
      Backlog backlog,
      DeadSegments dead,
      Victims victims,
      Cleaning cleaning,
      Snapshots snapshots,
      TreeReader trees,
      Witness witness) {
    this.lock = lock;
    this.state = state;
    this.segments = segments;
    this.files = files;
    this.checkpoints = checkpoints;
    this.map = map;
    this.log = log;
    this.flusher = flusher;
    this.backlog = backlog;
    this.dead = dead;
    this.victims = victims;
    this.cleaning = cleaning;
    this.snapshots = snapshots;
    this.deletion = new SnapshotDeletion(snapshots, trees);
    this.trees = trees;
    this.witness = witness;
  }

  Backlog.Due due() {
    return backlog.due();
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
    write(null, new MapChange.Keep());
  }

  /** As {@link #checkpoint()}, and changes what snapshots there are. */
  void checkpoint(MapChange change) throws IOException {
    write(null, change);
  }

  /**
   * Writes a checkpoint and returns how much is live where for it.
   *
   * @param moved what the cleaner moved, or null; if the checkpoint fails it is given up
   */
  private synchronized SegmentTable write(Relocation moved, MapChange change) throws IOException {
    CheckpointWriter.Done done = checkpoints.write(moved, change);
    lock.lock();
    try {
      backlog.checkpointed(done.loggedBytes());
      dead.checkpointed(done);
    } finally {
      lock.unlock();
    }
    dead.giveBack();
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

  /** Writes a checkpoint and compares what it counts as live with what its trees need. */
  synchronized List<String> audit() throws IOException {
    SegmentTable kept = write(null, new MapChange.Keep());
    try (Snapshots.Look look = snapshots.look()) {
      return new LiveAudit(trees).differences(kept, look.catalogue(), look.head());
    }
  }

  /** Takes the files of dead segments away that nobody reads any more. */
  synchronized void giveBack() throws IOException {
    dead.giveBack();
  }

  /**
   * Moves what is live out of the emptiest segments, if the log takes too much room, and writes a
   * checkpoint; true if it did.
   */
  synchronized boolean clean() throws IOException {
    List<Long> emptiest = victims.emptiest();
    if (emptiest.isEmpty()) {
      setCleaning(false);
      return false;
    }
    setCleaning(gainful);
    gainful = false; // unless it comes to its end
    try {
      Relocation moved = empty(emptiest);
      gainful = victims.cleaned(moved.victims().size(), moved.segmentsFilled());
    } finally {
      setCleaning(gainful);
    }
    return true;
  }

  private void setCleaning(boolean makesRoom) {
    lock.lock();
    try {
      backlog.setCleaning(makesRoom);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Seals some of what stands in segments of old epochs under the newest key, and writes a
   * checkpoint; true if there was anything.
   */
  synchronized boolean reencrypt() throws IOException {
    Victims.OldKeys old = victims.underOldKeys();
    if (!old.toEmpty().isEmpty()) {
      empty(old.toEmpty());
    } else if (old.othersGo()) {
      checkpoint(); // a dead one goes with the second, and the last one is left for a new one
    }
    return !old.toEmpty().isEmpty() || old.othersGo();
  }

  private Relocation empty(List<Long> ids) throws IOException {
    Relocation moved = new Relocation(map.topLevel());
    for (long id : ids) {
      if (!emptied(id, moved)) {
        victims.leaveAlone(List.of(id));
      }
    }
    try {
      write(moved.empty() ? null : moved, new MapChange.Keep());
    } catch (DamagedBlockException e) {
      LOG.error("COT-0510 cleaning leaves segments as they are: {}", e.getMessage());
      victims.leaveAlone(ids);
    }
    return moved;
  }

  private boolean emptied(long victim, Relocation moved) throws IOException {
    try (Snapshots.Look look = snapshots.look()) {
      return cleaning.empty(victim, look.catalogue(), moved);
    } catch (DamagedBlockException | EOFException e) {
      LOG.error("COT-0510 cleaning leaves a segment as it is: {}", e.getMessage());
      return false;
    }
  }

  /**
   * Deletes a piece of a snapshot that is marked for it, and writes a checkpoint; true if there was
   * one.
   */
  synchronized boolean deletePiece() throws IOException {
    if (!takesWrites()) {
      return false;
    }
    Optional<MapChange.DeletePiece> piece = deletion.next();
    if (piece.isPresent()) {
      checkpoint(piece.get());
    }
    return piece.isPresent();
  }

  private boolean takesWrites() {
    lock.lock();
    try {
      return state.takesWrites();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Which keys are needed.
   *
   * @param oldGranules live under keys of old epochs
   * @param oldestEpoch that a segment file is of, also one that is dead; the current one while no
   *     file is of an older one
   */
  record KeyState(long oldGranules, long liveGranules, int oldestEpoch) {}

  /** Counts; a volume that takes no writes needs all its keys. */
  KeyState keyState() {
    lock.lock();
    try {
      boolean unknown = dead.anyGivenUp() || !state.takesWrites();
      long[] old = new long[1];
      int[] oldest = {unknown ? 0 : files.currentEpoch()};
      segments.forEach(
          (id, live, epoch) -> {
            oldest[0] = Math.min(oldest[0], epoch);
            old[0] += epoch < files.currentEpoch() ? live : 0;
          });
      return new KeyState(old[0], segments.liveGranules(), oldest[0]);
    } finally {
      lock.unlock();
    }
  }

  /** True when no segment file needs an old key any more. */
  boolean oldKeysAreFree() {
    return keyState().oldestEpoch() == files.currentEpoch();
  }

  /** Its upkeep cannot go on: no more writes. */
  void failed(String what) {
    lock.lock();
    try {
      state.stopWrites(what);
      state.found(what);
      backlog.wakeWriters();
    } finally {
      lock.unlock();
    }
  }
}
