package io.coterie.mesh.internal.tls;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;

/** What tests of TLS do with bytes: cut them into records, and hand those on. */
final class TlsBytes {
  private TlsBytes() {}

  private interface Sink {
    void record(byte[] bytes) throws IOException;
  }

  private static void cut(byte[] bytes, Sink sink) throws IOException {
    for (int at = 0; at < bytes.length; ) {
      byte[] rest = Arrays.copyOfRange(bytes, at, bytes.length);
      int length = RecordLayer.recordBytes(rest);
      sink.record(Arrays.copyOf(rest, length));
      at += length;
    }
  }

  /** Offers whole records to a handshake. */
  static void offer(Handshake handshake, byte[] bytes) throws IOException {
    cut(bytes, handshake::offer);
  }

  /** Opens whole records and returns the application data in them. */
  static byte[] open(Records records, byte[] bytes) throws IOException {
    ByteArrayOutputStream plain = new ByteArrayOutputStream();
    cut(
        bytes,
        record ->
            records.open(
                record,
                record.length,
                data -> plain.write(data.array(), data.position(), data.remaining())));
    return plain.toByteArray();
  }

  /** What is left of a buffer; nothing of null. */
  static byte[] bytes(ByteBuffer buffer) {
    byte[] out = new byte[buffer == null ? 0 : buffer.remaining()];
    if (buffer != null) {
      buffer.get(out);
    }
    return out;
  }

  /** The same each time for a length. */
  static byte[] random(int lengthBytes) {
    byte[] data = new byte[lengthBytes];
    new Random(lengthBytes).nextBytes(data);
    return data;
  }
}
