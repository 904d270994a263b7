package io.coterie.mesh.internal.mux;

import io.coterie.base.codec.MalformedInputException;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Cuts decrypted bytes into frames. Keeps at most one incomplete frame. One thread. */
final class FrameDecoder {
  private final ByteBuffer header = ByteBuffer.allocate(Frame.HEADER_BYTES);
  private byte[] payload;
  private int filled;

  /** Takes frames. */
  interface Sink {
    void frame(Frame frame) throws IOException;
  }

  void decode(ByteBuffer data, Sink sink) throws IOException {
    while (data.hasRemaining()) {
      if (payload == null && !readHeader(data)) {
        return;
      }
      int part = Math.min(data.remaining(), payload.length - filled);
      data.get(payload, filled, part);
      filled += part;
      if (filled < payload.length) {
        return;
      }
      Frame frame =
          new Frame(
              FrameType.of(header.get(0)),
              header.get(1) & 0xff,
              header.getInt(4),
              header.getInt(8),
              payload,
              0,
              payload.length);
      payload = null;
      header.clear();
      sink.frame(frame);
    }
  }

  private boolean readHeader(ByteBuffer data) throws IOException {
    while (header.hasRemaining()) {
      if (!data.hasRemaining()) {
        return false;
      }
      header.put(data.get());
    }
    int length = header.getShort(2) & 0xffff;
    if (FrameType.of(header.get(0)) == null || length > Frame.MAX_PAYLOAD_BYTES) {
      throw new MalformedInputException(
          "frame type " + header.get(0) + " with " + length + " bytes");
    }
    payload = new byte[length];
    filled = 0;
    return true;
  }
}
