package io.coterie.mesh.internal.mux;

import io.coterie.base.codec.MalformedInputException;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Cuts decrypted bytes into frames; large payloads stay in the array that came. Keeps at most one
 * incomplete frame. One thread.
 */
final class FrameDecoder {
  private static final int NONE = -1;
  private final ByteBuffer header = ByteBuffer.allocate(Frame.HEADER_BYTES);
  private byte[] payload;
  private int length = NONE;
  private int filled;

  /** Takes frames. */
  interface Sink {
    void frame(Frame frame) throws IOException;
  }

  void decode(ByteBuffer data, Sink sink) throws IOException {
    while (data.hasRemaining()) {
      if (length < 0 && !readHeader(data)) {
        return;
      }
      if (filled == 0 && sharable(data)) {
        int at = data.arrayOffset() + data.position();
        data.position(data.position() + length);
        finish(data.array(), at, sink);
        continue;
      }
      int part = Math.min(data.remaining(), length - filled);
      if (payload == null) {
        payload = new byte[length];
      }
      data.get(payload, filled, part);
      filled += part;
      if (filled < length) {
        return;
      }
      finish(payload, 0, sink);
    }
  }

  /**
   * Whether the payload can stay where it is. A small one is copied, so that no peer makes this
   * device keep whole records for a few bytes each.
   */
  private boolean sharable(ByteBuffer data) {
    return data.remaining() >= length && data.hasArray() && 2 * length >= data.array().length;
  }

  private void finish(byte[] array, int from, Sink sink) throws IOException {
    Frame frame =
        new Frame(
            FrameType.of(header.get(0)),
            header.get(1) & 0xff,
            header.getInt(4),
            header.getInt(8),
            array,
            from,
            length);
    payload = null;
    length = NONE;
    header.clear();
    sink.frame(frame);
  }

  private boolean readHeader(ByteBuffer data) throws IOException {
    while (header.hasRemaining()) {
      if (!data.hasRemaining()) {
        return false;
      }
      header.put(data.get());
    }
    int bytes = header.getShort(2) & 0xffff;
    if (FrameType.of(header.get(0)) == null || bytes > Frame.MAX_PAYLOAD_BYTES) {
      throw new MalformedInputException(
          "frame type " + header.get(0) + " with " + bytes + " bytes");
    }
    length = bytes;
    filled = 0;
    return true;
  }
}
