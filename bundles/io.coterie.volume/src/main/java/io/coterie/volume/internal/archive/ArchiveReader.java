package io.coterie.volume.internal.archive;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.volume.internal.format.Sizes;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** Reads what {@link ArchiveWriter} wrote. One thread. */
public final class ArchiveReader {
  private final DataInputStream in;
  private final ArchiveSubject subject;
  private final byte[] run = new byte[ArchiveWriter.MAX_RUN_BYTES];

  /**
   * A reader of what the chunks hold.
   *
   * @param opened fails by itself when the chunks are not those that were written
   */
  public ArchiveReader(InputStream opened) throws IOException {
    in = new DataInputStream(opened);
    try {
      subject = ArchiveSubject.readFrom(in);
    } catch (EOFException e) {
      throw new MalformedInputException("the archive holds nothing");
    }
  }

  public ArchiveSubject subject() {
    return subject;
  }

  /** Takes runs of bytes. */
  public interface RunVisitor {
    /** The array is used again for the next run. */
    void data(long offset, byte[] source, int lengthBytes) throws IOException;

    void hole(long offset, long lengthBytes) throws IOException;
  }

  /**
   * Tells all runs.
   *
   * @throws MalformedInputException when one lies outside, or something is missing or too much
   */
  public void forEach(RunVisitor visitor) throws IOException {
    long dataBytes = 0;
    long end = 0;
    try {
      for (int kind = in.readUnsignedByte();
          kind != ArchiveWriter.END;
          kind = in.readUnsignedByte()) {
        long offset = in.readLong();
        long length = kind == ArchiveWriter.DATA ? in.readInt() : in.readLong();
        check(kind, offset, length, end);
        if (kind == ArchiveWriter.DATA) {
          in.readFully(run, 0, (int) length);
          visitor.data(offset, run, (int) length);
          dataBytes += length;
        } else {
          visitor.hole(offset, length);
        }
        end = offset + length;
      }
      if (in.readLong() != dataBytes) {
        throw new MalformedInputException("the archive does not hold what it says");
      }
    } catch (EOFException e) {
      throw new MalformedInputException("the archive has no end");
    }
    if (in.read() >= 0) {
      throw new MalformedInputException("there are bytes behind the end of the archive");
    }
  }

  private void check(int kind, long offset, long length, long end) throws MalformedInputException {
    boolean known =
        (kind == ArchiveWriter.DATA && length <= run.length)
            || (kind == ArchiveWriter.HOLE && subject.incremental());
    if (!known
        || length < 1
        || offset % Sizes.BLOCK != 0
        || length % Sizes.BLOCK != 0
        || offset < end
        || length > subject.sizeBytes()
        || offset > subject.sizeBytes() - length) {
      throw new MalformedInputException(
          "a run of kind " + kind + ", bytes " + offset + " + " + length);
    }
  }
}
