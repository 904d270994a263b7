package io.coterie.mesh.internal;

import io.coterie.base.codec.ByteWriter;
import io.coterie.base.seam.Clock;
import io.coterie.crypto.api.SessionCertificate;
import io.coterie.mesh.api.PairingChannel;
import io.coterie.mesh.internal.tls.SecureSession;
import io.coterie.mesh.internal.tls.TlsConnection;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Messages with a length before them on a TLS connection whose ends do not know each other yet.
 * Received bytes are kept up to what the reader is ready for; then the transport waits.
 */
final class PairingConnection implements TlsConnection.Events, PairingChannel {
  private static final int LENGTH_BYTES = 4;
  private static final int RECORD_BYTES = 16_000;
  private static final int MAX_EARLY_BYTES = 320 * 1024;

  private final Clock clock;
  private final CompletableFuture<PairingConnection> ready = new CompletableFuture<>();
  private final Consumer<PairingConnection> established;
  private final Consumer<PairingConnection> gone;
  private TlsConnection tls;
  private SecureSession session;
  private byte[] received = new byte[1024];
  private int filled;
  private int allowedBytes = MAX_EARLY_BYTES;
  private IOException ended;

  /**
   * One end.
   *
   * @param established called on the event thread when the handshake is done; must not block
   * @param gone called when the connection has ended
   */
  PairingConnection(
      Clock clock, Consumer<PairingConnection> established, Consumer<PairingConnection> gone) {
    this.clock = clock;
    this.established = established;
    this.gone = gone;
  }

  void attach(TlsConnection connection) {
    tls = connection;
  }

  /** Completes with this when the handshake is done, or fails. */
  CompletableFuture<PairingConnection> ready() {
    return ready;
  }

  @Override
  public void onEstablished(SecureSession made) {
    session = made;
    Arrays.fill(made.ed25519Seed(), (byte) 0); // nothing is signed on a channel that proves nobody
    ready.complete(this);
    established.accept(this);
  }

  @Override
  public synchronized void onPlain(ByteBuffer data) throws IOException {
    int needed = filled + data.remaining();
    if (needed > allowedBytes + LENGTH_BYTES) {
      throw new IOException("more bytes than a pairing has");
    }
    if (needed > received.length) { // doubling: small records must not cost a copy each
      received = Arrays.copyOf(received, Math.max(needed, 2 * received.length));
    }
    data.get(received, filled, data.remaining());
    filled = needed;
    notifyAll();
  }

  @Override
  public void onWritable() {
    // messages are few and small
  }

  @Override
  public void onClosed(Throwable reason) {
    IOException end =
        new IOException(
            "the connection ended" + (reason == null ? "" : ": " + reason.getMessage()), reason);
    gone.accept(this);
    ready.completeExceptionally(end);
    synchronized (this) {
      ended = end;
      notifyAll();
    }
  }

  @Override
  public byte[] exporter() {
    return session.exporter().clone();
  }

  @Override
  public SessionCertificate shown() {
    return session.peer().certificate();
  }

  @Override
  public String remote() {
    return tls.remote();
  }

  @Override
  public void send(byte[] message) throws IOException {
    ByteBuffer all = ByteBuffer.wrap(new ByteWriter().bytes(message).toByteArray());
    synchronized (this) {
      if (ended != null) {
        throw ended;
      }
    }
    tls.eventThread()
        .execute(
            () -> {
              try {
                while (all.hasRemaining()) {
                  int part = Math.min(RECORD_BYTES, all.remaining());
                  tls.send(all.slice(all.position(), part));
                  all.position(all.position() + part);
                }
                tls.flush();
              } catch (IOException e) {
                tls.close();
              }
            });
  }

  @Override
  public synchronized byte[] receive(int maxBytes, long timeoutMillis) throws IOException {
    allowedBytes = Math.max(maxBytes, MAX_EARLY_BYTES);
    long end = clock.monotonicMillis() + timeoutMillis;
    while (true) {
      if (filled >= LENGTH_BYTES) {
        int length = ByteBuffer.wrap(received).getInt();
        if (length < 0 || length > maxBytes) {
          throw new IOException("a message of " + length + " bytes, limit " + maxBytes);
        }
        int whole = LENGTH_BYTES + length;
        if (filled >= whole) {
          byte[] message = Arrays.copyOfRange(received, LENGTH_BYTES, whole);
          System.arraycopy(received, whole, received, 0, filled - whole);
          filled -= whole;
          return message;
        }
      }
      long left = end - clock.monotonicMillis();
      if (ended != null) {
        throw new IOException(ended.getMessage(), ended);
      }
      if (left <= 0) {
        throw new SocketTimeoutException("waited " + timeoutMillis + " ms for the other device");
      }
      try {
        wait(left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while waiting for the other device", e);
      }
    }
  }

  @Override
  public void close() {
    tls.close();
  }
}
