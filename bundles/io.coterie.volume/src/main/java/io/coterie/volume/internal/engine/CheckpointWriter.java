package io.coterie.volume.internal.engine;

import io.coterie.base.seam.Clock;
import io.coterie.volume.internal.format.Descriptor;
import io.coterie.volume.internal.format.LogPosition;
import io.coterie.volume.internal.format.MapStream;
import io.coterie.volume.internal.format.RootFile;
import io.coterie.volume.internal.format.RootRecord;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.format.TreeTop;
import io.coterie.volume.internal.log.Flusher;
import io.coterie.volume.internal.log.LogWriter;
import io.coterie.volume.internal.log.SegmentTable;
import io.coterie.volume.internal.map.Catalogue;
import io.coterie.volume.internal.map.HeadMap;
import io.coterie.volume.internal.map.LiveSpace;
import io.coterie.volume.internal.map.MapChange;
import io.coterie.volume.internal.map.MapCheckpoint;
import io.coterie.volume.internal.map.NodeReader;
import io.coterie.volume.internal.map.Relocation;
import io.coterie.volume.internal.map.TreeReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Writes checkpoints: nodes, stream and root record into the log, then a root. One at a time; takes
 * the volume's lock for short.
 */
final class CheckpointWriter {
  private final ReentrantLock lock;
  private final LogWriter log;
  private final SegmentTable segments;
  private final HeadMap map;
  private final LiveSpace live;
  private final NodeReader reader;
  private final TreeReader trees;
  private final Flusher flusher;
  private final Roots roots;
  private final Clock clock;
  private long number;
  private Catalogue catalogue;

  /**
   * A writer.
   *
   * @param last the number of the newest checkpoint that there is or was
   */
  CheckpointWriter(
      ReentrantLock lock,
      LogWriter log,
      SegmentTable segments,
      HeadMap map,
      LiveSpace live,
      NodeReader reader,
      TreeReader trees,
      Flusher flusher,
      Roots roots,
      Clock clock,
      long last,
      Catalogue catalogue) {
    this.lock = lock;
    this.log = log;
    this.segments = segments;
    this.map = map;
    this.live = live;
    this.reader = reader;
    this.trees = trees;
    this.flusher = flusher;
    this.roots = roots;
    this.clock = clock;
    this.number = last;
    this.catalogue = catalogue;
  }

  /** The top of the newest checkpoint's own tree. Under the lock. */
  TreeTop top() {
    return map.durableTop();
  }

  /** The snapshots. Under the lock. */
  Catalogue catalogue() {
    return catalogue;
  }

  /**
   * What was written.
   *
   * @param loggedBytes what the log had when it began
   * @param table how much is live where for it
   */
  record Done(long number, LogPosition position, long loggedBytes, SegmentTable table) {}

  /**
   * Writes one.
   *
   * @param relocation what the cleaner moved since the last, or null; it is used up
   * @param change what else is to be done
   */
  Done write(Relocation relocation, MapChange change) throws IOException {
    LogPosition position;
    long logged;
    long firstGeneration;
    MapCheckpoint checkpoint;
    lock.lock();
    try {
      log.submit();
      position = log.position();
      logged = log.loggedBytes();
      firstGeneration = log.generation();
      checkpoint = MapCheckpoint.begin(map, live, relocation, change, catalogue, position);
    } finally {
      lock.unlock();
    }
    boolean done = false;
    try {
      RootFile root = writeLog(position, checkpoint, firstGeneration);
      flusher.await(root.commit());
      roots.write(root);
      number++;
      done = true;
    } finally {
      lock.lock();
      try {
        if (done) {
          checkpoint.install(segments);
          catalogue = checkpoint.catalogue();
        } else {
          checkpoint.undo();
        }
      } finally {
        lock.unlock();
      }
    }
    return new Done(number, position, logged, checkpoint.table());
  }

  private RootFile writeLog(LogPosition position, MapCheckpoint checkpoint, long firstGeneration)
      throws IOException {
    long[] top = checkpoint.write(lock, log, reader, trees);
    Stream stream = writeStream(checkpoint.table(), checkpoint.catalogue());
    RootRecord record =
        new RootRecord(
            number + 1,
            clock.wallMillis(),
            position,
            checkpoint.nextEra(),
            map.topLevel(),
            top,
            checkpoint.mapped(),
            stream.location(),
            stream.tagHigh(),
            stream.tagLow(),
            stream.blocks());
    lock.lock();
    try {
      long location = log.stage(Descriptor.ROOT, number + 1, record.encode(), 0);
      RootFile root =
          new RootFile(number + 1, log.commit() + 1, location, log.tagHigh(), log.tagLow());
      log.submit();
      if (log.failedGeneration() >= firstGeneration) {
        throw new IOException("a part of the checkpoint could not be stored");
      }
      return root;
    } finally {
      lock.unlock();
    }
  }

  private record Stream(long location, long tagHigh, long tagLow, int blocks) {}

  private Stream writeStream(SegmentTable table, Catalogue snapshots) throws IOException {
    long[] ids = table.ids();
    byte[] bytes =
        MapStream.encode(
            ids.length,
            visitor -> {
              for (long id : ids) {
                visitor.segment(id, table.live(id), table.epoch(id));
              }
            },
            snapshots.entries());
    int blocks = (bytes.length + MapStream.PAYLOAD_BYTES - 1) / MapStream.PAYLOAD_BYTES;
    Stream last = new Stream(0, 0, 0, 0);
    for (int i = 0; i < blocks; i++) {
      int from = i * MapStream.PAYLOAD_BYTES;
      int length = Math.min(MapStream.PAYLOAD_BYTES, bytes.length - from);
      ByteBuffer block = ByteBuffer.allocate(Sizes.BLOCK);
      block.putLong(last.location()).putLong(last.tagHigh()).putLong(last.tagLow());
      block.putShort((short) length).put(bytes, from, length);
      lock.lock();
      try {
        long location = log.stage(Descriptor.STREAM, i, block.array(), 0);
        last = new Stream(location, log.tagHigh(), log.tagLow(), i + 1);
      } finally {
        lock.unlock();
      }
    }
    return last;
  }
}
