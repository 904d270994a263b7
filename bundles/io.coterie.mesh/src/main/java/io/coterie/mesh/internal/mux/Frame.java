package io.coterie.mesh.internal.mux;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * One frame: type 1, flags 1, payload length 2, stream 4, value 4, payload; big-endian.
 *
 * @param value the credit for CREDIT, else 0
 * @param payload from offset {@code from}, {@code length} bytes
 */
record Frame(
    FrameType type, int flags, int stream, int value, byte[] payload, int from, int length) {
  static final int HEADER_BYTES = 12;

  /** A frame of this size fills one TLS record. */
  static final int MAX_BYTES = 16 * 1024;

  static final int MAX_PAYLOAD_BYTES = MAX_BYTES - HEADER_BYTES;
  private static final byte[] NOTHING = new byte[0];

  static Frame of(FrameType type, int stream) {
    return new Frame(type, 0, stream, 0, NOTHING, 0, 0);
  }

  static Frame of(FrameType type, int stream, int value) {
    return new Frame(type, 0, stream, value, NOTHING, 0, 0);
  }

  static Frame of(FrameType type, int flags, int stream, byte[] payload) {
    return new Frame(type, flags, stream, 0, payload, 0, payload.length);
  }

  /** The payload alone. */
  byte[] bytes() {
    return Arrays.copyOfRange(payload, from, from + length);
  }

  int encodedBytes() {
    return HEADER_BYTES + length;
  }

  void encode(ByteBuffer out) {
    out.put((byte) type.number())
        .put((byte) flags)
        .putShort((short) length)
        .putInt(stream)
        .putInt(value)
        .put(payload, from, length);
  }
}
