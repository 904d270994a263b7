package io.coterie.volume.internal.engine;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.volume.internal.format.Descriptor;
import io.coterie.volume.internal.format.Location;
import io.coterie.volume.internal.format.MapStream;
import io.coterie.volume.internal.format.RootFile;
import io.coterie.volume.internal.format.RootRecord;
import io.coterie.volume.internal.format.Sizes;
import io.coterie.volume.internal.log.OpenSegments;
import io.coterie.volume.internal.log.Segment;
import io.coterie.volume.internal.log.SegmentTable;
import io.coterie.volume.internal.map.Catalogue;
import io.coterie.volume.internal.map.NodeReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Reads root records and what belongs to them. */
final class CheckpointReader {
  private static final int MAX_STREAM_BLOCKS = 1 << 16;

  private final OpenSegments segments;
  private final NodeReader reader;

  CheckpointReader(OpenSegments segments, NodeReader reader) {
    this.segments = segments;
    this.reader = reader;
  }

  /**
   * A checkpoint that was read.
   *
   * @param rootCommit in which its root record stands
   */
  record Loaded(RootRecord record, SegmentTable table, Catalogue snapshots, long rootCommit) {}

  /** Reads the checkpoint to which a root points. */
  Loaded load(RootFile root) throws IOException {
    byte[] block =
        reader.block(
            Descriptor.ROOT, root.checkpoint(), root.location(), root.tagHigh(), root.tagLow());
    RootRecord record = RootRecord.decode(block);
    if (record.checkpoint() != root.checkpoint()) {
      throw new MalformedInputException("the root record is that of " + record.checkpoint());
    }
    SegmentTable table = new SegmentTable();
    Catalogue snapshots =
        new Catalogue(
            MapStream.decode(stream(record), (id, live, epoch) -> table.add(id, epoch, live)));
    table.reserveUpTo(record.position().segmentId() - 1);
    return new Loaded(record, table, snapshots, root.commit());
  }

  /** The stream stands in blocks of which each names the one before. */
  private byte[] stream(RootRecord record) throws IOException {
    int blocks = record.streamBlocks();
    if (blocks < 1 || blocks > MAX_STREAM_BLOCKS) {
      throw new MalformedInputException("a stream of " + blocks + " blocks");
    }
    byte[][] parts = new byte[blocks][];
    long location = record.streamLocation();
    long tagHigh = record.streamTagHigh();
    long tagLow = record.streamTagLow();
    int total = 0;
    for (int i = blocks - 1; i >= 0; i--) {
      ByteBuffer in =
          ByteBuffer.wrap(reader.block(Descriptor.STREAM, i, location, tagHigh, tagLow));
      location = in.getLong();
      tagHigh = in.getLong();
      tagLow = in.getLong();
      int length = in.getShort();
      if (length < 0 || length > MapStream.PAYLOAD_BYTES) {
        throw new MalformedInputException("a stream block of " + length + " bytes");
      }
      parts[i] = new byte[length];
      in.get(parts[i]);
      total += length;
    }
    ByteBuffer all = ByteBuffer.allocate(total);
    for (byte[] part : parts) {
      all.put(part);
    }
    return all.array();
  }

  /**
   * Looks for a checkpoint in the log itself, when the roots are lost: the newest that something
   * later says was durable, or else the newest.
   *
   * @param ids of the segments, rising
   * @return null when there is none
   */
  Loaded search(long[] ids) throws IOException {
    long durable = 0;
    List<RootFile> unproven = new ArrayList<>();
    for (int i = ids.length - 1; i >= 0; i--) {
      List<RootFile> here = new ArrayList<>();
      durable = Math.max(durable, rootsIn(ids[i], here));
      for (int j = here.size() - 1; j >= 0; j--) {
        if (here.get(j).commit() <= durable) {
          Loaded found = loadOrNull(here.get(j));
          if (found != null) {
            return found;
          }
        } else {
          unproven.add(here.get(j));
        }
      }
    }
    for (RootFile root : unproven) {
      Loaded found = loadOrNull(root);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  private Loaded loadOrNull(RootFile root) {
    try {
      return load(root);
    } catch (IOException e) {
      return null; // an older one may do
    }
  }

  /** Adds the root records of a segment; returns the newest durable commit it tells of. */
  private long rootsIn(long id, List<RootFile> found) {
    long durable = 0;
    try {
      Segment segment = segments.acquire(id);
      try {
        durable = segment.header().durableCommit();
        ByteBuffer whole = ByteBuffer.allocate(Sizes.SEGMENT);
        readWhatIsThere(segment, whole);
        Descriptor descriptor = new Descriptor();
        for (int index = 1; index < Sizes.SEGMENT_BLOCKS; index++) {
          if (decodes(descriptor, whole.array(), index, segment)) {
            durable = Math.max(durable, descriptor.durableCommit());
            rootsOf(descriptor, id, index, found);
          }
        }
      } finally {
        segments.release(segment);
      }
    } catch (IOException e) {
      return durable; // what cannot be read holds no checkpoint for us
    }
    return durable;
  }

  private static void readWhatIsThere(Segment segment, ByteBuffer target) throws IOException {
    try {
      segment.read(target, 0);
    } catch (java.io.EOFException e) {
      // A short file: zeroes behind its end are no descriptors.
    }
  }

  private static boolean decodes(Descriptor descriptor, byte[] whole, int index, Segment segment) {
    try {
      descriptor.decode(whole, index * Sizes.BLOCK, segment.keys());
      return true;
    } catch (MalformedInputException e) {
      return false;
    }
  }

  private static void rootsOf(
      Descriptor descriptor, long segmentId, int index, List<RootFile> found) {
    int granule = (index + 1) * Sizes.BLOCK_GRANULES;
    for (int i = 0; i < descriptor.count(); i++) {
      if (descriptor.kind(i) == Descriptor.ROOT) {
        found.add(
            new RootFile(
                descriptor.address(i),
                descriptor.commit(),
                Location.of(segmentId, granule),
                descriptor.tagHigh(i),
                descriptor.tagLow(i)));
      }
      granule += descriptor.granules(i);
    }
  }
}
