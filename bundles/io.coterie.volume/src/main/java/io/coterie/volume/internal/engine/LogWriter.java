package io.coterie.volume.internal.engine;

import io.coterie.volume.internal.format.Descriptor;
import io.coterie.volume.internal.format.Sizes;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Appends commits to the log: stages entries, then writes descriptor and data with one call.
 * Nothing is in the map before it is written. Guarded by the volume's lock.
 */
final class LogWriter {
  private final SegmentFiles files;
  private final SegmentTable segments;
  private final BlockMap map;
  private final BlockCipher cipher;
  private final Descriptor descriptor = new Descriptor();
  private final byte[] staging = new byte[(1 + Sizes.MAX_ENTRIES) * Sizes.BLOCK + Sizes.TAG];
  private final ByteBuffer direct = ByteBuffer.allocateDirect(staging.length);
  private final byte[] chain;
  private Segment segment;
  private int nextIndex;
  private long commit;
  private long durableCommit;
  private long loggedBytes;
  private long generation = 1;
  private long failedGeneration;

  LogWriter(
      SegmentFiles files,
      SegmentTable segments,
      BlockMap map,
      BlockCipher cipher,
      long commit,
      byte[] chain) {
    this.files = files;
    this.segments = segments;
    this.map = map;
    this.cipher = cipher;
    this.commit = commit;
    this.durableCommit = commit;
    this.chain = chain.clone();
  }

  long commit() {
    return commit;
  }

  byte[] chain() {
    return chain.clone();
  }

  long segmentId() {
    return segment == null ? segments.nextId() : segment.id();
  }

  int nextIndex() {
    return segment == null ? 1 : nextIndex;
  }

  long loggedBytes() {
    return loggedBytes;
  }

  void setDurable(long value) {
    durableCommit = Math.max(durableCommit, value);
  }

  /** The generation that the next staged entry belongs to. */
  long generation() {
    return generation;
  }

  /**
   * Entries of this generation and older ones that are not in the log were lost to an I/O error.
   */
  long failedGeneration() {
    return failedGeneration;
  }

  boolean staged() {
    return descriptor.count() > 0;
  }

  void stageData(long lba, byte[] source, int offset) throws IOException {
    makeRoom(true);
    int at = (1 + descriptor.dataCount()) * Sizes.BLOCK;
    int index = nextIndex + 1 + descriptor.dataCount();
    cipher.seal(segment.keys(), lba, segment.id(), index, source, offset, staging, at);
    descriptor.addData(lba, staging, at + Sizes.BLOCK);
  }

  void stageHole(long lba, int runBlocks) throws IOException {
    if (descriptor.extendHole(lba, runBlocks)) {
      return;
    }
    makeRoom(false);
    descriptor.addHole(lba, runBlocks);
  }

  private void makeRoom(boolean data) throws IOException {
    int needed = 1 + descriptor.dataCount() + (data ? 1 : 0);
    if (descriptor.full() || (segment != null && nextIndex + needed > Sizes.SEGMENT_BLOCKS)) {
      submit();
    }
    if (segment == null || nextIndex + 2 > Sizes.SEGMENT_BLOCKS) {
      roll();
    }
  }

  private void roll() throws IOException {
    if (segment != null) {
      segment.seal();
      segment = null;
    }
    Segment fresh = files.create(segments.nextId(), commit + 1, durableCommit, chain);
    segments.add(fresh);
    segment = fresh;
    nextIndex = 1;
    fresh.setDirty(true);
    loggedBytes += Sizes.BLOCK;
  }

  /**
   * Writes what is staged. After an I/O error the staged entries are gone, the segment is sealed so
   * that no block index is ever used twice, and the map is as before.
   */
  void submit() throws IOException {
    if (descriptor.count() == 0) {
      return;
    }
    byte[] before = chain.clone();
    try {
      descriptor.seal(commit + 1, durableCommit, chain, segment.keys(), staging, 0);
      int length = (1 + descriptor.dataCount()) * Sizes.BLOCK;
      direct.clear();
      direct.put(staging, 0, length).flip();
      segment.setDirty(true);
      segment.write(direct, nextIndex);
      install();
      loggedBytes += length;
      nextIndex += 1 + descriptor.dataCount();
      commit++;
    } catch (IOException | RuntimeException | Error e) {
      System.arraycopy(before, 0, chain, 0, chain.length);
      failedGeneration = generation;
      segment.seal();
      segment = null;
      throw e;
    } finally {
      descriptor.clear();
      generation++;
    }
  }

  private void install() {
    int data = 0;
    for (int i = 0; i < descriptor.count(); i++) {
      long lba = descriptor.lba(i);
      if (descriptor.flags(i) == Descriptor.DATA) {
        long location = BlockMap.location(segment.id(), nextIndex + 1 + data++);
        map.put(lba, location, descriptor.tagHigh(i), descriptor.tagLow(i));
      } else {
        map.clear(lba, descriptor.run(i));
      }
    }
  }
}
