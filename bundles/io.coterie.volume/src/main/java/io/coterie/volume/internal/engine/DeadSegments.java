package io.coterie.volume.internal.engine;

import io.coterie.volume.internal.log.OpenSegments;
import io.coterie.volume.internal.log.Readers;
import io.coterie.volume.internal.log.SegmentFiles;
import io.coterie.volume.internal.log.SegmentTable;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The way of a segment of which nothing is live: noted at one checkpoint, given up at the next, so
 * that either of two checkpoints finds all it needs, and taken away when nobody reads any more who
 * came before that. Called by one thread at a time; takes the volume's lock for short.
 */
final class DeadSegments {
  private final ReentrantLock lock;
  private final SegmentTable segments;
  private final OpenSegments open;
  private final SegmentFiles files;
  private final Readers readers;
  private final Deque<GivenUp> givenUp = new ArrayDeque<>();
  private List<Long> deadAtLastCheckpoint = List.of();

  /** Segments that go when all who read in a period are done. */
  private record GivenUp(long period, List<Long> ids) {}

  DeadSegments(
      ReentrantLock lock,
      SegmentTable segments,
      OpenSegments open,
      SegmentFiles files,
      Readers readers) {
    this.lock = lock;
    this.segments = segments;
    this.open = open;
    this.files = files;
    this.readers = readers;
  }

  /** A checkpoint is durable: what was dead at the one before is given up. Under the lock. */
  void checkpointed(CheckpointWriter.Done done) {
    deadAtLastCheckpoint.forEach(segments::remove);
    if (!deadAtLastCheckpoint.isEmpty()) {
      givenUp.add(new GivenUp(readers.giveUp(), deadAtLastCheckpoint));
    }
    HashSet<Long> gone = new HashSet<>(deadAtLastCheckpoint);
    List<Long> dead = new ArrayList<>();
    done.table()
        .forEach(
            (id, live, epoch) -> {
              if (live == 0 && id < done.position().segmentId() && !gone.contains(id)) {
                dead.add(id);
              }
            });
    deadAtLastCheckpoint = dead;
  }

  /** Takes the files away that nobody reads any more. */
  void giveBack() throws IOException {
    for (GivenUp next = nextUnread(); next != null; next = nextUnread()) {
      for (long id : next.ids()) {
        open.forget(id);
        files.retire(id);
      }
    }
  }

  private GivenUp nextUnread() {
    lock.lock();
    try {
      GivenUp next = givenUp.peek();
      return next != null && readers.doneUpTo(next.period()) ? givenUp.remove() : null;
    } finally {
      lock.unlock();
    }
  }

  /** True while files wait for readers. Under the lock. */
  boolean anyGivenUp() {
    return !givenUp.isEmpty();
  }
}
