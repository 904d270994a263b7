package io.coterie.control.internal;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/**
 * Frames of the control protocol: a type byte, a 32-bit length, the payload. Format:
 * docs/formats/control.md. Reading is for one thread; writing is thread-safe.
 */
final class Frames implements Closeable {
  /** A larger frame ends the connection. */
  static final int MAX_PAYLOAD_BYTES = 64 * 1024;

  private static final int HEADER_BYTES = 5;

  private final SocketChannel channel;

  Frames(SocketChannel channel) {
    this.channel = channel;
  }

  /**
   * One frame.
   *
   * @param type see {@link FrameType}
   */
  record Frame(char type, byte[] payload) {}

  /** The next frame, or null when the client hung up between frames. */
  Frame read() throws IOException {
    ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
    if (channel.read(header) < 0) {
      return null;
    }
    fill(header);
    header.flip();
    char type = (char) (header.get() & 0xff);
    int length = header.getInt();
    if (length < 0 || length > MAX_PAYLOAD_BYTES) {
      throw new IOException("a frame of " + length + " bytes");
    }
    ByteBuffer payload = ByteBuffer.allocate(length);
    fill(payload);
    return new Frame(type, payload.array());
  }

  private void fill(ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      if (channel.read(buffer) < 0) {
        throw new EOFException("the client hung up within a frame");
      }
    }
  }

  void write(char type, byte[] data, int offset, int lengthBytes) throws IOException {
    ByteBuffer frame = ByteBuffer.allocate(HEADER_BYTES + lengthBytes);
    frame.put((byte) type).putInt(lengthBytes).put(data, offset, lengthBytes).flip();
    synchronized (this) {
      while (frame.hasRemaining()) {
        channel.write(frame);
      }
    }
  }

  void writeExit(int code) throws IOException {
    write(FrameType.EXIT, ByteBuffer.allocate(4).putInt(code).array(), 0, 4);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
