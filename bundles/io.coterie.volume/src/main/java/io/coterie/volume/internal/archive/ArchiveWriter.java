package io.coterie.volume.internal.archive;

import java.io.DataOutputStream;
import java.io.IOException;

/** Writes what an archive holds: its subject, then runs of bytes in rising order, then an end. */
public final class ArchiveWriter {
  static final int DATA = 1;
  static final int HOLE = 2;
  static final int END = 3;

  /** The most that one run of data has. */
  public static final int MAX_RUN_BYTES = 1 << 20;

  private final SealedOutput sealed;
  private final DataOutputStream out;
  private long dataBytes;

  public ArchiveWriter(SealedOutput sealed, ArchiveSubject subject) throws IOException {
    this.sealed = sealed;
    this.out = new DataOutputStream(sealed);
    subject.writeTo(out);
  }

  /** At most {@link #MAX_RUN_BYTES}. */
  public void data(long offset, byte[] source, int length) throws IOException {
    out.writeByte(DATA);
    out.writeLong(offset);
    out.writeInt(length);
    out.write(source, 0, length);
    dataBytes += length;
  }

  /** Zeroes where the base has data. */
  public void hole(long offset, long length) throws IOException {
    out.writeByte(HOLE);
    out.writeLong(offset);
    out.writeLong(length);
  }

  /** Everything was told. */
  public void end() throws IOException {
    out.writeByte(END);
    out.writeLong(dataBytes);
    out.flush();
    sealed.finish();
  }

  public long dataBytes() {
    return dataBytes;
  }
}
