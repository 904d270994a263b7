package io.coterie.volume.internal.files;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** Writes a file from its beginning on. Does not close it. One thread. */
public final class SequentialOutput extends OutputStream {
  private final StoredFile file;
  private long position;

  public SequentialOutput(StoredFile file) {
    this.file = file;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    file.write(ByteBuffer.wrap(bytes, offset, length), position);
    position += length;
  }
}
