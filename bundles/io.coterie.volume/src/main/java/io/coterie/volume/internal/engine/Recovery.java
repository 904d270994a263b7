package io.coterie.volume.internal.engine;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.crypto.api.AuthenticationFailedException;
import io.coterie.volume.internal.engine.CheckpointFiles.Position;
import io.coterie.volume.internal.format.Descriptor;
import io.coterie.volume.internal.format.Sizes;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Replays the log behind a checkpoint. The steps are those of docs/formats/volume.md: follow the
 * hash chain over descriptors that authenticate; cut a torn tail that nobody was told is durable;
 * report a hole in what was durable instead of hiding it.
 */
final class Recovery {
  private final List<Segment> segments;
  private final BlockMap map;
  private final BlockCipher cipher;
  private final ByteBuffer buffer = ByteBuffer.allocate(Sizes.SEGMENT);
  private final byte[] plain = new byte[Sizes.BLOCK];
  private final List<String> findings = new ArrayList<>();
  private long damagedBlocks;

  Recovery(List<Segment> segments, BlockMap map, BlockCipher cipher) {
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
  record Result(
      long commit,
      byte[] chain,
      long replayed,
      long damagedBlocks,
      String lost,
      List<String> findings) {}

  /** One commit found in a segment. */
  private record Found(Segment segment, int blockIndex) {}

  Result run(Position from) throws IOException {
    List<Found> chainOfCommits = new ArrayList<>();
    byte[] chain = from.chain();
    long commit = from.commit();
    long durable = 0;
    Segment stopped = null;
    int stoppedAt = 0;
    List<Segment> tail = segments.stream().filter(s -> s.id() >= from.segmentId()).toList();
    for (int i = 0; i < tail.size(); i++) {
      Segment segment = tail.get(i);
      long limit = i + 1 < tail.size() ? tail.get(i + 1).header().startCommit() : Long.MAX_VALUE;
      durable = Math.max(durable, segment.header().durableCommit());
      int index = segment.id() == from.segmentId() ? Math.max(1, from.blockIndex()) : 1;
      load(segment);
      while (index + 1 <= Sizes.SEGMENT_BLOCKS && commit + 1 < limit) {
        Descriptor descriptor = descriptorAt(segment, index);
        if (descriptor == null
            || descriptor.commit() != commit + 1
            || !descriptor.follows(chain)
            || index + 1 + descriptor.dataCount() > Sizes.SEGMENT_BLOCKS) {
          break;
        }
        chainOfCommits.add(new Found(segment, index));
        chain = descriptor.chain();
        commit = descriptor.commit();
        durable = Math.max(durable, descriptor.durableCommit());
        index += 1 + descriptor.dataCount();
      }
      if (commit + 1 < limit) {
        stopped = segment;
        stoppedAt = index;
        durable = Math.max(durable, durableSeenBehind(tail, i, index));
        break;
      }
    }
    return replay(chainOfCommits, from, durable, stopped, stoppedAt);
  }

  private Result replay(
      List<Found> commits, Position from, long durable, Segment stopped, int stoppedAt)
      throws IOException {
    long commit = from.commit();
    byte[] chain = from.chain();
    Segment loaded = null;
    for (Found found : commits) {
      if (found.segment() != loaded) {
        loaded = found.segment();
        load(loaded);
      }
      Descriptor descriptor = descriptorAt(loaded, found.blockIndex());
      if (descriptor == null || !apply(found, descriptor, durable)) {
        break;
      }
      commit = descriptor.commit();
      chain = descriptor.chain();
    }
    String lost = null;
    if (commit < durable) {
      lost =
          "the log is damaged in "
              + (stopped == null ? "a missing segment" : stopped.name() + " block " + stoppedAt)
              + ": commits "
              + (commit + 1)
              + " to at least "
              + durable
              + " were durable and cannot be reached";
    }
    return new Result(commit, chain, commit - from.commit(), damagedBlocks, lost, findings);
  }

  /** Reads a whole segment file; a short one reads as zeroes behind its end. */
  private void load(Segment segment) throws IOException {
    buffer.clear();
    Arrays.fill(buffer.array(), (byte) 0);
    try {
      segment.read(buffer, 0);
    } catch (EOFException e) {
      findings.add(e.getMessage());
    }
  }

  private Descriptor descriptorAt(Segment segment, int index) {
    Descriptor descriptor = new Descriptor();
    try {
      descriptor.decode(buffer.array(), index * Sizes.BLOCK, segment.keys());
      return descriptor;
    } catch (MalformedInputException e) {
      return null;
    }
  }

  /** The newest durable commit that anything behind the stop tells of. */
  private long durableSeenBehind(List<Segment> tail, int at, int index) throws IOException {
    long durable = 0;
    for (int i = at; i < tail.size(); i++) {
      Segment segment = tail.get(i);
      load(segment);
      durable = Math.max(durable, segment.header().durableCommit());
      for (int block = i == at ? index : 1; block < Sizes.SEGMENT_BLOCKS; block++) {
        Descriptor descriptor = descriptorAt(segment, block);
        if (descriptor != null) {
          durable = Math.max(durable, descriptor.durableCommit());
        }
      }
    }
    return durable;
  }

  /** Applies a commit; false when its data were torn and it was never durable. */
  private boolean apply(Found found, Descriptor descriptor, long durable) {
    long damaged = damagedIn(found, descriptor);
    if (damaged > 0 && descriptor.commit() > durable) {
      return false;
    }
    if (damaged > 0) {
      damagedBlocks += damaged;
      findings.add(
          damaged
              + " damaged blocks in "
              + found.segment().name()
              + ", commit "
              + descriptor.commit());
    }
    int data = 0;
    for (int i = 0; i < descriptor.count(); i++) {
      if (descriptor.flags(i) == Descriptor.DATA) {
        long location = BlockMap.location(found.segment().id(), found.blockIndex() + 1 + data++);
        map.put(descriptor.lba(i), location, descriptor.tagHigh(i), descriptor.tagLow(i));
      } else {
        map.clear(descriptor.lba(i), descriptor.run(i));
      }
    }
    return true;
  }

  private long damagedIn(Found found, Descriptor descriptor) {
    long damaged = 0;
    int data = 0;
    for (int i = 0; i < descriptor.count(); i++) {
      if (descriptor.flags(i) != Descriptor.DATA) {
        continue;
      }
      int index = found.blockIndex() + 1 + data++;
      try {
        cipher.open(
            found.segment().keys(),
            descriptor.lba(i),
            found.segment().id(),
            index,
            descriptor.tagHigh(i),
            descriptor.tagLow(i),
            buffer.array(),
            index * Sizes.BLOCK,
            plain,
            0);
      } catch (AuthenticationFailedException e) {
        damaged++;
      }
    }
    return damaged;
  }
}
