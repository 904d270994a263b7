package io.coterie.volume.nbd.internal;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;

/** What the client sent and nobody has used yet. One thread. */
final class InputBuffer {
  private static final int CAPACITY_BYTES = 256 * 1024;

  private final Duplex client;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(CAPACITY_BYTES).flip();

  InputBuffer(Duplex client) {
    this.client = client;
  }

  int available() {
    return buffer.remaining();
  }

  /**
   * Waits until so many bytes are there; false at an end of the stream before the first of them.
   */
  boolean await(int count) throws IOException {
    while (buffer.remaining() < count) {
      buffer.compact();
      int read;
      try {
        read = client.read(buffer);
      } finally {
        buffer.flip();
      }
      if (read < 0) {
        if (buffer.hasRemaining()) {
          throw new EOFException("the client left in the middle of a message");
        }
        return false;
      }
    }
    return true;
  }

  private void need(int count) throws IOException {
    if (!await(count)) {
      throw new EOFException("the client left in the middle of a message");
    }
  }

  int u16() throws IOException {
    need(2);
    return buffer.getShort() & 0xffff;
  }

  int i32() throws IOException {
    need(4);
    return buffer.getInt();
  }

  long u32() throws IOException {
    return i32() & 0xffffffffL;
  }

  long i64() throws IOException {
    need(8);
    return buffer.getLong();
  }

  /** Fills an array range, waiting as often as needed. */
  void bytes(byte[] target, int offset, int count) throws IOException {
    int done = 0;
    while (done < count) {
      need(1);
      int part = Math.min(count - done, buffer.remaining());
      buffer.get(target, offset + done, part);
      done += part;
    }
  }

  void skip(long count) throws IOException {
    long left = count;
    while (left > 0) {
      need(1);
      int part = (int) Math.min(left, buffer.remaining());
      buffer.position(buffer.position() + part);
      left -= part;
    }
  }
}
