package io.coterie.volume.internal.engine;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.crypto.api.AuthenticationFailedException;
import io.coterie.volume.api.DamagedBlockException;
import io.coterie.volume.internal.format.Descriptor;
import io.coterie.volume.internal.format.Location;
import io.coterie.volume.internal.format.LogPosition;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.log.OpenSegments;
import io.coterie.volume.internal.log.Segment;
import io.coterie.volume.internal.log.UnitCipher;
import io.coterie.volume.internal.map.HeadMap;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Replays the log behind a checkpoint. The steps are those of docs/formats/volume.md: follow the
 * hash chain over descriptors that authenticate; cut a torn tail that nobody was told is durable;
 * report a hole in what was durable instead of hiding it. Used once.
 */
final class Recovery {
  private final OpenSegments segments;
  private final HeadMap map;
  private final UnitCipher cipher;
  private final ByteBuffer buffer = ByteBuffer.allocate(Sizes.SEGMENT);
  private final byte[] plain = new byte[Sizes.BLOCK];
  private final List<String> findings = new ArrayList<>();
  private Segment loaded;

  Recovery(OpenSegments segments, HeadMap map, UnitCipher cipher) {
    this.segments = segments;
    this.map = map;
    this.cipher = cipher;
  }

  /**
   * What the log gave.
   *
   * @param lost words about durable commits that cannot be reached, or null
   * @param findings damage that does not keep the volume from working
   */
  record Result(long commit, byte[] chain, String lost, List<String> findings) {}

  /** One commit found in a segment. */
  private record Found(long segmentId, int blockIndex) {}

  /** Where the chain of commits ended. */
  private record Stop(String where, long durable) {}

  /**
   * Replays.
   *
   * @param from the place of the checkpoint
   * @param tail segments from there on whose header authenticates, rising
   * @param durable the newest commit that the roots say is durable
   */
  Result run(LogPosition from, long[] tail, long durable) throws IOException {
    try {
      List<Found> commits = new ArrayList<>();
      Stop stop = follow(from, tail, durable, commits);
      return replay(commits, from, stop);
    } finally {
      unload();
    }
  }

  private Stop follow(LogPosition from, long[] tail, long known, List<Found> commits)
      throws IOException {
    byte[] chain = from.chain();
    long commit = from.commit();
    long durable = known;
    for (int i = 0; i < tail.length; i++) {
      long limit = i + 1 < tail.length ? startOf(tail[i + 1]) : Long.MAX_VALUE;
      load(tail[i]);
      durable = Math.max(durable, loaded.header().durableCommit());
      int index = tail[i] == from.segmentId() ? Math.max(1, from.blockIndex()) : 1;
      while (index < Sizes.SEGMENT_BLOCKS && commit + 1 < limit) {
        Descriptor descriptor = descriptorAt(index);
        if (descriptor == null
            || descriptor.commit() != commit + 1
            || !descriptor.follows(chain)
            || index + descriptor.commitBlocks() > Sizes.SEGMENT_BLOCKS) {
          break;
        }
        commits.add(new Found(tail[i], index));
        chain = descriptor.chain();
        commit = descriptor.commit();
        durable = Math.max(durable, descriptor.durableCommit());
        index += descriptor.commitBlocks();
      }
      if (commit + 1 < limit) {
        String where = loaded.name() + " block " + index;
        return new Stop(where, Math.max(durable, durableSeenBehind(tail, i, index)));
      }
    }
    return new Stop("a missing segment", durable);
  }

  private long startOf(long segmentId) throws IOException {
    Segment segment = segments.acquire(segmentId);
    try {
      return segment.header().startCommit();
    } finally {
      segments.release(segment);
    }
  }

  private Result replay(List<Found> commits, LogPosition from, Stop stop) throws IOException {
    long commit = from.commit();
    byte[] chain = from.chain();
    String lost = null;
    for (Found found : commits) {
      load(found.segmentId());
      Descriptor descriptor = descriptorAt(found.blockIndex());
      if (descriptor == null || torn(found, descriptor, stop.durable())) {
        break;
      }
      try {
        apply(found, descriptor);
      } catch (DamagedBlockException e) {
        lost = "commit " + descriptor.commit() + " cannot take effect: " + e.getMessage();
        break;
      }
      commit = descriptor.commit();
      chain = descriptor.chain();
    }
    if (lost == null && commit < stop.durable()) {
      lost =
          "the log is damaged in "
              + stop.where()
              + ": commits "
              + (commit + 1)
              + " to at least "
              + stop.durable()
              + " were durable and cannot be reached";
    }
    return new Result(commit, chain, lost, findings);
  }

  private void unload() throws IOException {
    if (loaded != null) {
      segments.release(loaded);
      loaded = null;
    }
  }

  /** Reads a whole segment file; a short one reads as zeroes behind its end. */
  private void load(long segmentId) throws IOException {
    if (loaded != null && loaded.id() == segmentId) {
      return;
    }
    unload();
    loaded = segments.acquire(segmentId);
    buffer.clear();
    Arrays.fill(buffer.array(), (byte) 0);
    try {
      loaded.read(buffer, 0);
    } catch (EOFException e) {
      findings.add(e.getMessage());
    }
  }

  private Descriptor descriptorAt(int index) {
    Descriptor descriptor = new Descriptor();
    try {
      descriptor.decode(buffer.array(), index * Sizes.BLOCK, loaded.keys());
      return descriptor;
    } catch (MalformedInputException e) {
      return null;
    }
  }

  /** The newest durable commit that anything behind the stop tells of. */
  private long durableSeenBehind(long[] tail, int at, int index) throws IOException {
    long durable = 0;
    for (int i = at; i < tail.length; i++) {
      load(tail[i]);
      durable = Math.max(durable, loaded.header().durableCommit());
      for (int block = i == at ? index : 1; block < Sizes.SEGMENT_BLOCKS; block++) {
        Descriptor descriptor = descriptorAt(block);
        if (descriptor != null) {
          durable = Math.max(durable, descriptor.durableCommit());
        }
      }
    }
    return durable;
  }

  /** True for a commit of which data are torn and that was never durable. */
  private boolean torn(Found found, Descriptor descriptor, long durable) {
    long damaged = damagedIn(found, descriptor);
    if (damaged > 0 && descriptor.commit() > durable) {
      return true;
    }
    if (damaged > 0) {
      findings.add(
          damaged + " damaged blocks in " + loaded.name() + ", commit " + descriptor.commit());
    }
    return false;
  }

  private void apply(Found found, Descriptor descriptor) throws IOException {
    for (int i = 0; i < descriptor.count(); i++) {
      if (descriptor.kind(i) == Descriptor.DATA) {
        map.prepare(descriptor.address(i));
      } else if (descriptor.kind(i) == Descriptor.HOLE) {
        map.prepareClearing(descriptor.address(i), descriptor.run(i));
      }
    }
    int granule = (found.blockIndex() + 1) * Sizes.BLOCK_GRANULES;
    for (int i = 0; i < descriptor.count(); i++) {
      if (descriptor.kind(i) == Descriptor.DATA) {
        map.data(
            descriptor.address(i),
            Location.of(found.segmentId(), granule),
            descriptor.extent(i),
            descriptor.tagHigh(i),
            descriptor.tagLow(i));
      } else if (descriptor.kind(i) == Descriptor.HOLE) {
        map.hole(descriptor.address(i), descriptor.run(i));
      }
      granule += descriptor.granules(i);
    }
  }

  private long damagedIn(Found found, Descriptor descriptor) {
    long damaged = 0;
    int granule = (found.blockIndex() + 1) * Sizes.BLOCK_GRANULES;
    for (int i = 0; i < descriptor.count(); i++) {
      if (descriptor.kind(i) == Descriptor.DATA) {
        try {
          cipher.open(
              loaded,
              Location.of(found.segmentId(), granule),
              Descriptor.DATA,
              descriptor.address(i),
              descriptor.codec(i),
              descriptor.tagHigh(i),
              descriptor.tagLow(i),
              buffer.array(),
              granule * Sizes.GRANULE,
              descriptor.granules(i) * Sizes.GRANULE,
              plain,
              0);
        } catch (AuthenticationFailedException e) {
          damaged++;
        }
      }
      granule += descriptor.granules(i);
    }
    return damaged;
  }
}
