package io.coterie.volume.internal.engine;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.AuthenticationFailedException;
import io.coterie.volume.internal.format.Descriptor;
import io.coterie.volume.internal.format.Location;
import io.coterie.volume.internal.format.NodeAddress;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.format.SnapshotEntry;
import io.coterie.volume.internal.log.LogWriter;
import io.coterie.volume.internal.log.OpenSegments;
import io.coterie.volume.internal.log.Segment;
import io.coterie.volume.internal.log.UnitCipher;
import io.coterie.volume.internal.map.Catalogue;
import io.coterie.volume.internal.map.HeadMap;
import io.coterie.volume.internal.map.Relocation;
import io.coterie.volume.internal.map.Relocation.Move;
import io.coterie.volume.internal.map.TreeReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Empties segments: what is live in them is opened and sealed again at the end of the log, a commit
 * at a time, so that no writer waits longer than for one commit. The map learns of it with the next
 * checkpoint. One thread.
 */
final class Cleaning {
  private static final Logger LOG = LoggerFactory.getLogger(Cleaning.class);

  private final ReentrantLock lock;
  private final MapLock mapLock;
  private final OpenSegments segments;
  private final HeadMap map;
  private final TreeReader trees;
  private final LogWriter log;
  private final UnitCipher cipher;

  /** A whole segment twice, and the blocks of one commit; made when first needed. */
  private ByteBuffer direct;

  private byte[] whole;
  private byte[] clear;
  private final long[] entry = new long[Sizes.LEAF_ENTRY_LONGS];

  Cleaning(
      ReentrantLock lock,
      MapLock mapLock,
      OpenSegments segments,
      HeadMap map,
      TreeReader trees,
      LogWriter log,
      Aead aead) {
    this.lock = lock;
    this.mapLock = mapLock;
    this.segments = segments;
    this.map = map;
    this.trees = trees;
    this.log = log;
    this.cipher = new UnitCipher(aead);
  }

  /** A unit of the segment that may be live. */
  private record Candidate(
      int kind, long address, long location, int granules, int codec, long tagHigh, long tagLow) {}

  /**
   * Copies everything live out of a segment.
   *
   * @param snapshots what is live in them is live
   * @param into takes what was copied, but nothing when the segment is damaged
   * @return false when something in it could not be read: it must stay as it is
   */
  boolean empty(long victim, Catalogue snapshots, Relocation into) throws IOException {
    Segment segment = segments.acquire(victim);
    try {
      if (direct == null) {
        direct = ByteBuffer.allocateDirect(Sizes.SEGMENT);
        whole = new byte[Sizes.SEGMENT];
        clear = new byte[Sizes.MAX_ENTRIES * Sizes.BLOCK];
      }
      if (!readWhole(segment)) {
        return false;
      }
      List<Move> moved = new ArrayList<>();
      List<Long> nodes = new ArrayList<>();
      long firstGeneration = generation();
      List<Candidate> batch = new ArrayList<>();
      for (Candidate candidate : candidates(segment)) {
        if (candidate.kind() == Descriptor.NODE) {
          nodes.add(candidate.address());
        } else {
          batch.add(candidate);
        }
        if (batch.size() == Sizes.MAX_ENTRIES) {
          move(segment, batch, snapshots, moved);
          batch.clear();
        }
      }
      move(segment, batch, snapshots, moved);
      checkStored(firstGeneration);
      into.add(victim, moved, nodes);
      return true;
    } catch (AuthenticationFailedException e) {
      LOG.error("COT-0510 cleaning leaves {} as it is: it is damaged", segment.name());
      return false;
    } finally {
      segments.release(segment);
    }
  }

  private boolean readWhole(Segment segment) {
    direct.clear();
    try {
      segment.read(direct, 0);
    } catch (IOException e) {
      LOG.error("COT-0510 cleaning leaves {} as it is: {}", segment.name(), e.toString());
      return false;
    }
    direct.flip().get(whole);
    return true;
  }

  private long generation() {
    lock.lock();
    try {
      return log.generation();
    } finally {
      lock.unlock();
    }
  }

  private void checkStored(long firstGeneration) throws IOException {
    lock.lock();
    try {
      log.submit();
      if (log.failedGeneration() >= firstGeneration) {
        throw new IOException("what was cleaned could not be stored");
      }
    } finally {
      lock.unlock();
    }
  }

  /** What stands in the segment, as its descriptors tell. */
  private List<Candidate> candidates(Segment segment) {
    List<Candidate> found = new ArrayList<>();
    Descriptor descriptor = new Descriptor();
    int index = 1;
    while (index < Sizes.SEGMENT_BLOCKS) {
      try {
        descriptor.decode(whole, index * Sizes.BLOCK, segment.keys());
      } catch (MalformedInputException e) {
        break; // the end of what was written
      }
      int granule = (index + 1) * Sizes.BLOCK_GRANULES;
      for (int i = 0; i < descriptor.count(); i++) {
        int kind = descriptor.kind(i);
        boolean mayBeLive =
            kind == Descriptor.DATA || kind == Descriptor.MOVED || kind == Descriptor.NODE;
        if (mayBeLive && granule + descriptor.granules(i) <= Sizes.SEGMENT_GRANULES) {
          found.add(
              new Candidate(
                  kind,
                  descriptor.address(i),
                  Location.of(segment.id(), granule),
                  descriptor.granules(i),
                  descriptor.codec(i),
                  descriptor.tagHigh(i),
                  descriptor.tagLow(i)));
        }
        granule += descriptor.granules(i);
      }
      index += descriptor.commitBlocks();
    }
    return found;
  }

  /** Those at whose place the volume as it is now, or a snapshot, has a block. */
  private List<Candidate> live(List<Candidate> units, Catalogue snapshots) throws IOException {
    List<Candidate> live = new ArrayList<>(units.size());
    List<Candidate> toFetch = new ArrayList<>();
    List<Candidate> gone = new ArrayList<>();
    lock.lock(); // once for all whose leaf is in memory
    try {
      for (Candidate unit : units) {
        if (map.missing(unit.address(), unit.address()) == null) {
          (inHead(unit) ? live : gone).add(unit);
        } else {
          toFetch.add(unit);
        }
      }
    } finally {
      lock.unlock();
    }
    for (Candidate unit : toFetch) {
      mapLock.lock(unit.address(), unit.address());
      try {
        (inHead(unit) ? live : gone).add(unit);
      } finally {
        lock.unlock();
      }
    }
    for (Candidate unit : gone) {
      if (inSnapshot(unit, snapshots)) {
        live.add(unit);
      }
    }
    return live;
  }

  private boolean inHead(Candidate unit) throws IOException {
    map.entry(unit.address(), entry, 0);
    return entry[0] == unit.location();
  }

  private boolean inSnapshot(Candidate unit, Catalogue snapshots) throws IOException {
    for (SnapshotEntry snapshot : snapshots.entries()) {
      if (snapshot.holds(NodeAddress.leafOf(unit.address()))) {
        trees.entry(snapshot, unit.address(), entry, 0);
        if (entry[0] == unit.location()) {
          return true;
        }
      }
    }
    return false;
  }

  /** Opens what is live without the lock, and seals it under the lock. */
  private void move(Segment segment, List<Candidate> units, Catalogue snapshots, List<Move> moved)
      throws IOException, AuthenticationFailedException {
    List<Candidate> opened = live(units, snapshots);
    for (int i = 0; i < opened.size(); i++) {
      Candidate unit = opened.get(i);
      cipher.open(
          segment,
          unit.location(),
          Descriptor.DATA,
          unit.address(),
          unit.codec(),
          unit.tagHigh(),
          unit.tagLow(),
          whole,
          Location.granuleOf(unit.location()) * Sizes.GRANULE,
          unit.granules() * Sizes.GRANULE,
          clear,
          i * Sizes.BLOCK);
    }
    lock.lock();
    try {
      for (int i = 0; i < opened.size(); i++) {
        Candidate unit = opened.get(i);
        long location =
            log.stage(
                Descriptor.MOVED,
                unit.address(),
                unit.codec(),
                clear,
                i * Sizes.BLOCK,
                unit.granules());
        moved.add(
            new Move(
                unit.address(),
                unit.location(),
                location,
                unit.granules(),
                log.tagHigh(),
                log.tagLow()));
      }
      log.submit();
    } finally {
      lock.unlock();
    }
  }
}
