package io.coterie.mesh.internal.tls;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Protects what both ends say after a handshake, as TLS 1.3 records (RFC 8446 section 5). No I/O,
 * one thread. Each end may use another implementation.
 */
interface Records extends AutoCloseable {
  int HEADER_BYTES = 5;
  int MAX_CONTENT_BYTES = 16 * 1024;
  int MAX_RECORD_BYTES = HEADER_BYTES + MAX_CONTENT_BYTES + 256;

  /** More without a byte of data between them are an attack on our time. */
  int MAX_IDLE_RECORDS = 32;

  /** Takes decrypted application data. The array is its own from then on. */
  interface Sink {
    void data(ByteBuffer plain) throws IOException;
  }

  /**
   * Seals application data as one record.
   *
   * @param data at most {@link #MAX_CONTENT_BYTES} remaining; consumed. A buffer with room behind
   *     its limit lends one byte there
   * @return valid until the next record is sealed
   */
  ByteBuffer seal(ByteBuffer data) throws IOException;

  /** What must be sent before more data: an answer to a KeyUpdate, or one of our own; or null. */
  ByteBuffer control() throws IOException;

  /** The good end of what this side sends. */
  ByteBuffer closeNotify();

  /** The bad end: an alert of RFC 8446 section 6. */
  ByteBuffer fatal(short description);

  /**
   * Opens one record.
   *
   * @param record begins with the header
   * @param length of the whole record
   */
  void open(byte[] record, int length, Sink sink) throws IOException;

  /** True once the peer said in good order that nothing more comes. */
  boolean peerClosed();

  /** Wipes the keys. */
  @Override
  void close();
}
