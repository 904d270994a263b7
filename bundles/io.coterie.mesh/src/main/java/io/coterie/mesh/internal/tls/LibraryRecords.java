package io.coterie.mesh.internal.tls;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.TlsFatalAlert;
import org.bouncycastle.tls.TlsProtocol;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The library's own record layer, which the handshake ended with: the second way to protect records
 * should the first one ever be found wanting. Slower by its copies; see docs/adr/0005.
 */
final class LibraryRecords implements Records {
  private static final Logger LOG = LoggerFactory.getLogger(LibraryRecords.class);

  private final TlsProtocol protocol;
  private final Runnable wipe;
  private boolean peerClosed;
  private int idleRecords;

  /**
   * Goes on with a protocol whose handshake is done.
   *
   * @param wipe ends the keys
   */
  LibraryRecords(TlsProtocol protocol, Runnable wipe) {
    this.protocol = protocol;
    this.wipe = wipe;
  }

  @Override
  public ByteBuffer seal(ByteBuffer data) throws IOException {
    byte[] bytes = new byte[data.remaining()];
    data.get(bytes);
    protocol.writeApplicationData(bytes, 0, bytes.length);
    return Handshake.outputOf(protocol);
  }

  /** Nothing: the library puts its answers before the next data by itself. */
  @Override
  public ByteBuffer control() {
    return null;
  }

  @Override
  public ByteBuffer closeNotify() {
    if (!protocol.isClosed()) {
      try {
        protocol.close();
      } catch (IOException e) {
        LOG.debug("closing the library's records", e);
      }
    }
    return Handshake.outputOf(protocol);
  }

  /**
   * The library sends its own alert for what it found itself. For what we found behind it, it has
   * none to offer, and the peer gets a close_notify. That ends nothing by itself: only a link's END
   * does, and only a stream's FIN.
   */
  @Override
  public ByteBuffer fatal(short description) {
    return closeNotify();
  }

  @Override
  public void open(byte[] record, int length, Sink sink) throws IOException {
    if (peerClosed) {
      throw new IOException("a record behind the end");
    }
    protocol.offerInput(record, 0, length);
    int bytes = protocol.getAvailableInputBytes();
    idleRecords = bytes > 0 ? 0 : idleRecords + 1;
    if (idleRecords > MAX_IDLE_RECORDS) {
      throw new TlsFatalAlert(AlertDescription.unexpected_message, "records without data");
    }
    if (bytes > 0) {
      byte[] plain = new byte[bytes];
      protocol.readInput(plain, 0, bytes);
      sink.data(ByteBuffer.wrap(plain));
    }
    peerClosed = protocol.isClosed();
  }

  @Override
  public boolean peerClosed() {
    return peerClosed;
  }

  @Override
  public void close() {
    wipe.run();
  }
}
