package io.coterie.volume.internal.engine;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.volume.api.DamagedBlockException;
import io.coterie.volume.internal.format.Descriptor;
import io.coterie.volume.internal.format.Sizes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Empties a segment: its live blocks are opened and sealed again at the end of the log, a commit at
 * a time, so that no writer waits longer than for one commit.
 */
final class Cleaning {
  private static final Logger LOG = LoggerFactory.getLogger(Cleaning.class);
  private static final int SLACK_SEGMENTS = 8;
  private static final int MAX_LIVE_PERCENT = 80;

  private final ReentrantLock lock;
  private final SegmentTable segments;
  private final BlockMap map;
  private final LogWriter log;
  private final BlockReader reader;

  Cleaning(
      ReentrantLock lock, SegmentTable segments, BlockMap map, LogWriter log, BlockReader reader) {
    this.lock = lock;
    this.segments = segments;
    this.map = map;
    this.log = log;
    this.reader = reader;
  }

  /** The sealed segment with the fewest live blocks, when the log takes over 1.5 times its data. */
  static Segment choose(SegmentTable segments, BlockMap map) {
    long live = map.mapped() / (Sizes.SEGMENT_BLOCKS - 1) + 1;
    Segment best = null;
    int withData = 0;
    for (Segment segment : segments.all()) {
      if (!segment.sealed() || segment.live() == 0 || segment.damaged()) {
        continue; // what is empty goes with a checkpoint
      }
      withData++;
      if (best == null || segment.live() < best.live()) {
        best = segment;
      }
    }
    boolean crowded = withData > live + live / 2 + SLACK_SEGMENTS;
    boolean worthIt =
        best != null && best.live() * 100 < MAX_LIVE_PERCENT * (Sizes.SEGMENT_BLOCKS - 1);
    return crowded && worthIt ? best : null;
  }

  /** Moves everything live out of the segment, which the caller has pinned. */
  void empty(Segment victim) throws IOException {
    List<Long> batch = new ArrayList<>();
    for (long lba : candidates(victim)) {
      batch.add(lba);
      if (batch.size() == Sizes.MAX_ENTRIES) {
        move(victim, batch);
        batch.clear();
      }
    }
    move(victim, batch);
  }

  /** The blocks of the volume that once stood in the segment. */
  private static List<Long> candidates(Segment victim) throws IOException {
    List<Long> lbas = new ArrayList<>();
    ByteBuffer block = ByteBuffer.allocate(Sizes.BLOCK);
    Descriptor descriptor = new Descriptor();
    int index = 1;
    while (index < Sizes.SEGMENT_BLOCKS) {
      block.clear();
      victim.read(block, index);
      try {
        descriptor.decode(block.array(), 0, victim.keys());
      } catch (MalformedInputException e) {
        break; // the end of what was written
      }
      for (int i = 0; i < descriptor.count(); i++) {
        if (descriptor.flags(i) == Descriptor.DATA) {
          lbas.add(descriptor.lba(i));
        }
      }
      index += 1 + descriptor.dataCount();
    }
    return lbas;
  }

  private void move(Segment victim, List<Long> lbas) throws IOException {
    byte[] block = new byte[Sizes.BLOCK];
    lock.lock();
    try {
      log.submit();
      for (long lba : lbas) {
        if (BlockMap.segmentOf(map.locationOf(lba)) == victim.id()) {
          BlockReader.Plan plan = reader.plan(map, segments, lba, 1);
          try {
            reader.run(plan, 0, block, 0, Sizes.BLOCK);
            log.stageData(lba, block, 0);
          } catch (DamagedBlockException e) {
            LOG.error("COT-0510 cleaning leaves a damaged block where it is: {}", e.getMessage());
            victim.setDamaged();
          } finally {
            plan.unpin();
          }
        }
      }
      log.submit();
    } finally {
      lock.unlock();
    }
  }
}
