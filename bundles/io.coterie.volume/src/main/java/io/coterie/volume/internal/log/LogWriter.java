package io.coterie.volume.internal.log;

import io.coterie.volume.internal.format.Descriptor;
import io.coterie.volume.internal.format.Extent;
import io.coterie.volume.internal.format.Location;
import io.coterie.volume.internal.format.LogPosition;
import io.coterie.volume.internal.format.Packing;
import io.coterie.volume.internal.format.Sizes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Appends commits to the log: stages entries, then writes descriptor and units with one call.
 * Nothing takes effect before it is written. Guarded by the volume's lock.
 */
public final class LogWriter {
  private final SegmentFiles files;
  private final OpenSegments open;
  private final SegmentTable table;
  private final Effects effects;
  private final UnitCipher cipher;
  private final Descriptor descriptor = new Descriptor();
  private final byte[] staging = new byte[(1 + Sizes.MAX_ENTRIES) * Sizes.BLOCK + Sizes.TAG];
  private final ByteBuffer stagingView = ByteBuffer.wrap(staging);
  private final ByteBuffer direct = ByteBuffer.allocateDirect(staging.length);
  private final byte[] chain;
  private final byte[] chainBefore = new byte[Sizes.HASH];
  private List<Segment> dirty = new ArrayList<>();
  private Segment segment;

  /** The segment was taken from what is kept for checkpoints. */
  private boolean scarce;

  private int nextIndex;
  private long commit;
  private long durableCommit;
  private long loggedBytes;
  private long generation = 1;
  private long failedGeneration;
  private long tagHigh;
  private long tagLow;

  /** What commits do to the volume, in order, once they are written. */
  public interface Effects {
    /**
     * A unit with a block.
     *
     * @param extent as {@link Extent#ofUnit} without an era
     */
    void data(long lba, long location, long extent, long tagHigh, long tagLow);

    void hole(long lba, long runBlocks);
  }

  /**
   * A writer that goes on in a new segment.
   *
   * @param at the last commit that there is
   */
  public LogWriter(
      SegmentFiles files,
      OpenSegments open,
      SegmentTable table,
      Effects effects,
      UnitCipher cipher,
      LogPosition at) {
    this.files = files;
    this.open = open;
    this.table = table;
    this.effects = effects;
    this.cipher = cipher;
    this.commit = at.commit();
    this.durableCommit = at.commit();
    this.chain = at.chain().clone();
  }

  public long commit() {
    return commit;
  }

  /** Where the next commit will stand. */
  public LogPosition position() {
    return segment == null
        ? new LogPosition(table.nextId(), 1, commit, chain.clone())
        : new LogPosition(segment.id(), nextIndex, commit, chain.clone());
  }

  /** True for a segment that takes no more writes. */
  public boolean sealed(long segmentId) {
    return segment == null || segment.id() != segmentId;
  }

  /** How much was written since the volume was opened, without what only checkpoints wrote. */
  public long loggedBytes() {
    return loggedBytes;
  }

  void setDurable(long value) {
    durableCommit = Math.max(durableCommit, value);
  }

  /** The generation that the next staged entry belongs to. */
  public long generation() {
    return generation;
  }

  /**
   * Entries of this generation and older ones that are not in the log were lost to an I/O error.
   */
  public long failedGeneration() {
    return failedGeneration;
  }

  /**
   * Seals a block and stages it.
   *
   * @param kind of {@link Descriptor}
   * @return where it will stand; its tag is {@link #tagHigh()} and {@link #tagLow()}
   */
  public long stage(int kind, long address, byte[] source, int offset) throws IOException {
    return stage(kind, address, Packing.NONE, source, offset, Sizes.BLOCK_GRANULES);
  }

  /**
   * The same for a block that a codec made shorter.
   *
   * @param codec its number, or {@link Packing#NONE}
   * @param lengthGranules of the unit
   */
  public long stage(
      int kind, long address, int codec, byte[] source, int offset, int lengthGranules)
      throws IOException {
    makeRoom(lengthGranules, kind != Descriptor.DATA);
    int inUnits = descriptor.unitGranules();
    int at = Sizes.BLOCK + inUnits * Sizes.GRANULE;
    int length = lengthGranules * Sizes.GRANULE;
    int granule = (nextIndex + 1) * Sizes.BLOCK_GRANULES + inUnits;
    try {
      cipher.seal(segment, granule, kind, address, codec, source, offset, length, staging, at);
    } catch (RuntimeException | Error e) {
      abandon(); // the granule may be spent: nothing else is ever sealed under it
      throw e;
    }
    descriptor.addUnit(kind, address, lengthGranules, codec, staging, at + length);
    tagHigh = stagingView.getLong(at + length);
    tagLow = stagingView.getLong(at + length + 8);
    return Location.of(segment.id(), granule);
  }

  /** Of the unit staged last. */
  public long tagHigh() {
    return tagHigh;
  }

  public long tagLow() {
    return tagLow;
  }

  public void stageHole(long lba, long runBlocks) throws IOException {
    if (descriptor.extendHole(lba, runBlocks)) {
      return;
    }
    makeRoom(0, true);
    descriptor.addHole(lba, runBlocks);
  }

  /**
   * Makes sure that an entry has its place.
   *
   * @param fromReserve true for what a full disk must still take: a checkpoint, what the cleaner
   *     moves, and holes, without which nothing would ever become free
   */
  private void makeRoom(int granules, boolean fromReserve) throws IOException {
    int units = descriptor.unitGranules() + granules;
    int blocks = 1 + (units + Sizes.BLOCK_GRANULES - 1) / Sizes.BLOCK_GRANULES;
    if (descriptor.full() || (segment != null && nextIndex + blocks > Sizes.SEGMENT_BLOCKS)) {
      submit();
    }
    if (segment != null && segment.header().epoch() != files.currentEpoch()) {
      leave(); // a new key is in use from its first moment on
    }
    if (segment == null || nextIndex + 2 > Sizes.SEGMENT_BLOCKS) {
      roll(fromReserve);
    }
    if (scarce && !fromReserve) {
      scarce = !files.hasRoom();
      if (scarce) {
        throw new IOException("No space left on device for more data");
      }
    }
  }

  private void roll(boolean fromReserve) throws IOException {
    leaveSegment();
    Segment fresh = files.create(table.nextId(), commit + 1, durableCommit, chain, fromReserve);
    scarce = fromReserve && !files.hasRoom();
    open.add(fresh);
    table.add(fresh.id(), fresh.header().epoch(), 0);
    segment = fresh;
    nextIndex = 1;
    markDirty();
  }

  /** Writes what is staged; the next commit goes into another segment. */
  public void leave() throws IOException {
    submit();
    leaveSegment();
  }

  private void leaveSegment() throws IOException {
    if (segment != null) {
      Segment left = segment;
      segment = null;
      open.release(left);
    }
  }

  private void markDirty() {
    if (!segment.dirty()) {
      segment.setDirty(true);
      open.share(segment);
      dirty.add(segment);
    }
  }

  /** How many segments have something that was not forced. */
  public int dirtySegments() {
    return dirty.size();
  }

  /** The segments with something that was not forced, to be released by the caller. */
  List<Segment> takeDirty() {
    List<Segment> taken = dirty;
    dirty = new ArrayList<>();
    taken.forEach(s -> s.setDirty(false));
    return taken;
  }

  /** Gives back what is open; nothing is written any more. */
  public void close() throws IOException {
    leaveSegment();
    for (Segment left : takeDirty()) {
      open.release(left);
    }
  }

  /**
   * Writes what is staged. After an I/O error the staged entries are gone, the segment is sealed so
   * that no granule is ever used twice, and the volume is as before.
   */
  public void submit() throws IOException {
    if (descriptor.count() == 0) {
      return;
    }
    System.arraycopy(chain, 0, chainBefore, 0, chain.length);
    try {
      descriptor.seal(commit + 1, durableCommit, chain, segment.keys(), staging, 0);
      int blocks = descriptor.commitBlocks();
      int end = Sizes.BLOCK + descriptor.unitGranules() * Sizes.GRANULE;
      Arrays.fill(staging, end, blocks * Sizes.BLOCK, (byte) 0);
      direct.clear();
      direct.put(staging, 0, blocks * Sizes.BLOCK).flip();
      markDirty();
      segment.write(direct, (long) nextIndex * Sizes.BLOCK);
      if (takeEffect()) {
        loggedBytes += (long) blocks * Sizes.BLOCK;
      }
      nextIndex += blocks;
      commit++;
    } catch (IOException | RuntimeException | Error e) {
      System.arraycopy(chainBefore, 0, chain, 0, chain.length);
      abandon();
      throw e;
    }
    descriptor.clear();
    generation++;
  }

  private void abandon() throws IOException {
    failedGeneration = generation;
    descriptor.clear();
    generation++;
    leaveSegment();
  }

  /** True when the commit holds more than a checkpoint's own. */
  private boolean takeEffect() {
    boolean any = false;
    int granule = (nextIndex + 1) * Sizes.BLOCK_GRANULES;
    for (int i = 0; i < descriptor.count(); i++) {
      if (descriptor.kind(i) == Descriptor.DATA) {
        effects.data(
            descriptor.address(i),
            Location.of(segment.id(), granule),
            descriptor.extent(i),
            descriptor.tagHigh(i),
            descriptor.tagLow(i));
      } else if (descriptor.kind(i) == Descriptor.HOLE) {
        effects.hole(descriptor.address(i), descriptor.run(i));
      }
      any |= descriptor.kind(i) <= Descriptor.MOVED;
      granule += descriptor.granules(i);
    }
    return any;
  }
}
