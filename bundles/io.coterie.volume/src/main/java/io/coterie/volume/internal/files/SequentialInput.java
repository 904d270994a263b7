package io.coterie.volume.internal.files;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** Reads a file from its beginning on. Does not close it. One thread. */
public final class SequentialInput extends InputStream {
  private final StoredFile file;
  private long position;

  public SequentialInput(StoredFile file) {
    this.file = file;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    int count = file.read(ByteBuffer.wrap(target, offset, length), position);
    position += Math.max(0, count);
    return count;
  }
}
