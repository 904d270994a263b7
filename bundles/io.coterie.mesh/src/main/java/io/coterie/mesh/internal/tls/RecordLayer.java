package io.coterie.mesh.internal.tls;

import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.AeadContext;
import io.coterie.crypto.api.AuthenticationFailedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.TlsFatalAlert;

/**
 * TLS 1.3 records after the handshake (RFC 8446 sections 4.6, 5 and 6): application data, alerts,
 * KeyUpdate and the tickets of foreign servers, which are read and thrown away. No I/O, one thread.
 *
 * <p>It stands beside the library's own record layer for speed: one copy and one pass of the AEAD a
 * record in each direction, against seven copies.
 */
final class RecordLayer implements Records {
  /** Far below the 2^24.5 records that AES-GCM bears (RFC 8446 section 5.5). */
  static final long RECORDS_FOR_A_KEY = 1L << 23;

  private static final int ALERT = 21;
  private static final int HANDSHAKE = 22;
  private static final int APPLICATION_DATA = 23;
  private static final int KEY_UPDATE = 24;
  private static final int NEW_SESSION_TICKET = 4;
  private static final int MESSAGE_HEADER_BYTES = 4;
  private static final int MAX_MESSAGE_BYTES = 16 * 1024;
  private static final int WARNING = 1;
  private static final int FATAL = 2;

  private final AeadContext context;
  private final TrafficKeys sending;
  private final TrafficKeys receiving;
  private final long recordsForAKey;
  private final byte[] nonce = new byte[Aead.NONCE_BYTES];
  private final byte[] header = new byte[HEADER_BYTES];
  private final byte[] sealed = new byte[MAX_RECORD_BYTES];
  private byte[] message = new byte[0];
  private int idleRecords;
  private boolean updateWanted;
  private boolean peerClosed;

  RecordLayer(
      AeadContext context, TrafficKeys sending, TrafficKeys receiving, long recordsForAKey) {
    this.context = context;
    this.sending = sending;
    this.receiving = receiving;
    this.recordsForAKey = recordsForAKey;
  }

  // ---- sending

  @Override
  public ByteBuffer seal(ByteBuffer data) {
    int length = data.remaining();
    if (length > MAX_CONTENT_BYTES) {
      throw new IllegalArgumentException("a record of " + length + " bytes");
    }
    byte[] array;
    int offset;
    if (data.hasArray() && data.limit() < data.capacity()) {
      array = data.array();
      offset = data.arrayOffset() + data.position();
      data.position(data.limit());
    } else {
      array = new byte[length + 1];
      offset = 0;
      data.get(array, 0, length);
    }
    array[offset + length] = APPLICATION_DATA;
    return protect(array, offset, length + 1);
  }

  @Override
  public ByteBuffer control() throws IOException {
    if (!updateWanted && sending.records() < recordsForAKey) {
      return null;
    }
    updateWanted = false;
    ByteBuffer record = small(HANDSHAKE, new byte[] {KEY_UPDATE, 0, 0, 1, 0});
    sending.update();
    return record;
  }

  @Override
  public ByteBuffer closeNotify() {
    return small(ALERT, new byte[] {WARNING, (byte) AlertDescription.close_notify});
  }

  @Override
  public ByteBuffer fatal(short description) {
    return small(ALERT, new byte[] {FATAL, (byte) description});
  }

  private ByteBuffer small(int type, byte[] content) {
    byte[] inner = Arrays.copyOf(content, content.length + 1);
    inner[content.length] = (byte) type;
    return protect(inner, 0, inner.length);
  }

  private ByteBuffer protect(byte[] inner, int offset, int length) {
    int sealedBytes = length + Aead.TAG_BYTES;
    writeHeader(sealedBytes);
    System.arraycopy(header, 0, sealed, 0, HEADER_BYTES);
    sending.nextNonce(nonce);
    context.seal(sending.key(), nonce, header, inner, offset, length, sealed, HEADER_BYTES);
    return ByteBuffer.wrap(sealed, 0, HEADER_BYTES + sealedBytes);
  }

  private void writeHeader(int length) {
    header[0] = APPLICATION_DATA;
    header[1] = 3;
    header[2] = 3;
    header[3] = (byte) (length >>> 8);
    header[4] = (byte) length;
  }

  // ---- receiving

  /**
   * The whole length of a record, from its header.
   *
   * @param bytes at least five
   */
  static int recordBytes(byte[] bytes) throws TlsFatalAlert {
    int length = ((bytes[3] & 0xff) << 8) | (bytes[4] & 0xff);
    if (HEADER_BYTES + length > MAX_RECORD_BYTES) {
      throw new TlsFatalAlert(AlertDescription.record_overflow);
    }
    return HEADER_BYTES + length;
  }

  @Override
  public void open(byte[] record, int length, Sink sink) throws IOException {
    int sealedBytes = length - HEADER_BYTES;
    if (peerClosed || record[0] != APPLICATION_DATA || sealedBytes < Aead.TAG_BYTES + 1) {
      throw new TlsFatalAlert(AlertDescription.unexpected_message);
    }
    System.arraycopy(record, 0, header, 0, HEADER_BYTES);
    receiving.nextNonce(nonce);
    byte[] plain = new byte[sealedBytes - Aead.TAG_BYTES];
    try {
      context.open(receiving.key(), nonce, header, record, HEADER_BYTES, sealedBytes, plain, 0);
    } catch (AuthenticationFailedException e) {
      throw new TlsFatalAlert(AlertDescription.bad_record_mac, e);
    }
    int end = plain.length;
    while (end > 0 && plain[end - 1] == 0) {
      end--; // padding
    }
    if (end == 0) {
      throw new TlsFatalAlert(AlertDescription.unexpected_message);
    }
    int type = plain[--end];
    if (end > MAX_CONTENT_BYTES) {
      throw new TlsFatalAlert(AlertDescription.record_overflow);
    }
    if (message.length > 0 && type != HANDSHAKE) {
      throw new TlsFatalAlert(AlertDescription.unexpected_message);
    }
    idleRecords = type == APPLICATION_DATA && end > 0 ? 0 : idleRecords + 1;
    if (idleRecords > MAX_IDLE_RECORDS) {
      throw new TlsFatalAlert(AlertDescription.unexpected_message, "records without data");
    }
    switch (type) {
      case APPLICATION_DATA -> sink.data(ByteBuffer.wrap(plain, 0, end));
      case ALERT -> alert(plain, end);
      case HANDSHAKE -> messages(plain, end);
      default -> throw new TlsFatalAlert(AlertDescription.unexpected_message);
    }
  }

  private void alert(byte[] plain, int length) throws IOException {
    if (length != 2) {
      throw new TlsFatalAlert(AlertDescription.decode_error);
    }
    int description = plain[1] & 0xff;
    peerClosed = true;
    if (description != AlertDescription.close_notify) {
      throw new IOException(
          "the peer ended the connection: " + AlertDescription.getText((short) description));
    }
  }

  /** Post-handshake messages, which may be cut over records or come several in one. */
  private void messages(byte[] plain, int length) throws IOException {
    if (length == 0) {
      throw new TlsFatalAlert(AlertDescription.unexpected_message);
    }
    int at = message.length;
    message = Arrays.copyOf(message, at + length);
    System.arraycopy(plain, 0, message, at, length);
    while (message.length >= MESSAGE_HEADER_BYTES) {
      int bytes = ((message[1] & 0xff) << 16) | ((message[2] & 0xff) << 8) | (message[3] & 0xff);
      if (bytes > MAX_MESSAGE_BYTES) {
        throw new TlsFatalAlert(AlertDescription.decode_error);
      }
      int whole = MESSAGE_HEADER_BYTES + bytes;
      if (message.length < whole) {
        return;
      }
      byte[] rest = Arrays.copyOfRange(message, whole, message.length);
      message(message[0], Arrays.copyOfRange(message, MESSAGE_HEADER_BYTES, whole), rest.length);
      message = rest;
    }
  }

  private void message(int type, byte[] body, int bytesBehind) throws IOException {
    if (type == NEW_SESSION_TICKET) {
      return; // nothing is ever resumed
    }
    if (type != KEY_UPDATE) {
      throw new TlsFatalAlert(AlertDescription.unexpected_message);
    }
    if (body.length != 1 || body[0] < 0 || body[0] > 1) {
      throw new TlsFatalAlert(AlertDescription.illegal_parameter);
    }
    if (bytesBehind > 0) {
      // What follows in the same record would be under the old key (section 5.1).
      throw new TlsFatalAlert(AlertDescription.unexpected_message);
    }
    receiving.update();
    if (body[0] == 1) {
      updateWanted = true;
    }
  }

  @Override
  public boolean peerClosed() {
    return peerClosed;
  }

  @Override
  public void close() {
    sending.close();
    receiving.close();
  }
}
