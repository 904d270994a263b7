package io.coterie.control.internal;

import java.io.IOException;
import java.io.OutputStream;

/** Sends what is written as frames of one type, a frame for each flush or full buffer. */
final class FrameOutput extends OutputStream {
  private static final int BUFFER_BYTES = 16 * 1024;

  private final Frames frames;
  private final char type;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int filled;

  FrameOutput(Frames frames, char type) {
    this.frames = frames;
    this.type = type;
  }

  @Override
  public synchronized void write(int b) throws IOException {
    if (filled == buffer.length) {
      flush();
    }
    buffer[filled++] = (byte) b;
  }

  @Override
  public synchronized void write(byte[] data, int offset, int lengthBytes) throws IOException {
    int at = offset;
    int left = lengthBytes;
    while (left > 0) {
      if (filled == buffer.length) {
        flush();
      }
      int part = Math.min(left, buffer.length - filled);
      System.arraycopy(data, at, buffer, filled, part);
      filled += part;
      at += part;
      left -= part;
    }
  }

  @Override
  public synchronized void flush() throws IOException {
    if (filled > 0) {
      int length = filled;
      filled = 0;
      frames.write(type, buffer, 0, length);
    }
  }
}
