package io.coterie.volume.internal.format;

import io.coterie.base.codec.MalformedInputException;
import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The stream of a checkpoint: the table of segments and the catalogue of snapshots. Numbers are
 * variable-length, 7 bits a byte, the lowest first.
 */
public final class MapStream {
  /** Bytes of the stream in one block. */
  public static final int PAYLOAD_BYTES = Sizes.BLOCK - 26;

  private static final int MAX_SEGMENTS = 1 << 24;

  private MapStream() {}

  /** Takes the segments one by one, rising. */
  public interface SegmentVisitor {
    void segment(long id, int liveGranules, int epoch);
  }

  /** Gives the segments. */
  public interface SegmentSource {
    void forEach(SegmentVisitor visitor);
  }

  /** The stream, for segments in rising order and snapshots in the order of their eras. */
  public static byte[] encode(
      int segmentCount, SegmentSource segments, List<SnapshotEntry> snapshots) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(8 + 6 * segmentCount);
    out.write(Sizes.VERSION);
    out.writeBytes(ByteBuffer.allocate(4).putInt(segmentCount).array());
    long[] last = new long[1];
    segments.forEach(
        (id, live, epoch) -> {
          number(out, id - last[0]);
          number(out, live);
          number(out, epoch);
          last[0] = id;
        });
    out.writeBytes(SnapshotEntry.encode(snapshots));
    return out.toByteArray();
  }

  private static void number(ByteArrayOutputStream out, long value) {
    long rest = value;
    while (rest >>> 7 != 0) {
      out.write(((int) rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  /**
   * Reads a stream whose blocks were authenticated.
   *
   * @return the snapshots
   */
  public static List<SnapshotEntry> decode(byte[] bytes, SegmentVisitor visitor)
      throws MalformedInputException {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    try {
      int version = in.get();
      if (version != Sizes.VERSION) {
        throw new MalformedInputException("map stream version " + version + " is unknown");
      }
      int count = in.getInt();
      if (count < 0 || count > MAX_SEGMENTS) {
        throw new MalformedInputException(count + " segments");
      }
      long id = 0;
      for (int i = 0; i < count; i++) {
        id += number(in);
        visitor.segment(id, Math.toIntExact(number(in)), Math.toIntExact(number(in)));
      }
      byte[] rest = new byte[in.remaining()];
      in.get(rest);
      return SnapshotEntry.decode(rest);
    } catch (BufferUnderflowException | ArithmeticException e) {
      throw new MalformedInputException("the table of segments is cut off");
    }
  }

  private static long number(ByteBuffer in) throws MalformedInputException {
    long value = 0;
    for (int shift = 0; shift < 63; shift += 7) {
      byte next = in.get();
      value |= ((long) next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new MalformedInputException("a number without an end");
  }
}
