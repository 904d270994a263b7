package io.coterie.mesh.internal.tls;

import io.coterie.mesh.internal.mux.SecureChannel;
import io.coterie.transport.api.Connection;
import io.coterie.transport.api.ConnectionHandler;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/**
 * TLS over a transport connection. Everything here runs on the connection's event thread; only the
 * expensive steps of a handshake go to a bounded executor.
 */
public final class TlsConnection implements ConnectionHandler, SecureChannel {
  private static final int MAX_RECORD_BYTES = 18 * 1024;
  private static final int MAX_HANDSHAKE_BYTES = 48 * 1024;

  private final Connection connection;
  private final SSLEngine engine;
  private final Executor handshakes;
  private final Events events;
  private final ByteBuffer plain = ByteBuffer.allocate(MAX_RECORD_BYTES);
  private ByteBuffer pending = ByteBuffer.allocate(MAX_RECORD_BYTES).flip();
  private boolean established;
  private boolean taskRunning;
  private boolean held;
  private boolean closed;
  private long handshakeBytes;

  /** What the owner hears. Called on the event thread. */
  public interface Events {
    /** The handshake is done. */
    void onEstablished(SSLEngine engine) throws IOException;

    /** Decrypted bytes; valid during the call and consumed wholly. */
    void onPlain(ByteBuffer data) throws IOException;

    /** More may be written. */
    void onWritable();

    /** The end, once. */
    void onClosed(Throwable reason);
  }

  public TlsConnection(
      Connection connection, SSLEngine engine, Executor handshakes, Events events) {
    this.connection = connection;
    this.engine = engine;
    this.handshakes = handshakes;
    this.events = events;
  }

  @Override
  public boolean isWritable() {
    return connection.isWritable();
  }

  @Override
  public Executor eventThread() {
    return connection.eventThread();
  }

  @Override
  public String remote() {
    return connection.remote();
  }

  /** Begins the handshake. On the event thread. */
  public void begin() {
    try {
      engine.beginHandshake();
      advance();
    } catch (IOException e) {
      fail(e);
    }
  }

  @Override
  public void onData(ByteBuffer data) {
    if (closed) {
      data.position(data.limit());
      return;
    }
    try {
      if (!established) {
        handshakeBytes += data.remaining();
        if (handshakeBytes > MAX_HANDSHAKE_BYTES) {
          throw new SSLException("a handshake of more than " + MAX_HANDSHAKE_BYTES + " bytes");
        }
      }
      append(data);
      advance();
    } catch (IOException | RuntimeException e) {
      fail(e);
    }
  }

  private void append(ByteBuffer data) {
    int needed = pending.remaining() + data.remaining();
    if (needed <= pending.capacity()) {
      pending = pending.compact().put(data).flip();
    } else {
      pending = ByteBuffer.allocate(2 * needed).put(pending).put(data).flip();
    }
  }

  /** Takes the handshake and the decryption as far as they go. */
  private void advance() throws IOException {
    while (!closed && !taskRunning) {
      HandshakeStatus status = engine.getHandshakeStatus();
      if (status == HandshakeStatus.NEED_WRAP) {
        wrapHandshake();
      } else if (status == HandshakeStatus.NEED_TASK) {
        runTasks();
      } else if (held || !pending.hasRemaining() || !unwrap()) {
        return;
      }
      if (!established && handshakeDone()) {
        established = true;
        events.onEstablished(engine);
      }
    }
  }

  private boolean handshakeDone() {
    return engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING
        && !"SSL_NULL_WITH_NULL_NULL".equals(engine.getSession().getCipherSuite());
  }

  private void wrapHandshake() throws IOException {
    ByteBuffer out = ByteBuffer.allocate(MAX_RECORD_BYTES);
    SSLEngineResult result = engine.wrap(ByteBuffer.allocate(0), out);
    out.flip();
    if (out.hasRemaining()) {
      connection.write(out);
      connection.flush();
    }
    if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
      close(null);
    }
  }

  private void runTasks() {
    taskRunning = true;
    try {
      handshakes.execute(
          () -> {
            for (Runnable task = engine.getDelegatedTask();
                task != null;
                task = engine.getDelegatedTask()) {
              task.run();
            }
            connection
                .eventThread()
                .execute(
                    () -> {
                      taskRunning = false;
                      try {
                        advance();
                      } catch (IOException | RuntimeException e) {
                        fail(e);
                      }
                    });
          });
    } catch (RejectedExecutionException e) {
      fail(new SSLException("too many handshakes at once", e));
    }
  }

  /** Decrypts one record; false when it is not complete yet. */
  private boolean unwrap() throws IOException {
    plain.clear();
    SSLEngineResult result = engine.unwrap(pending, plain);
    if (result.getStatus() == SSLEngineResult.Status.BUFFER_UNDERFLOW) {
      return false;
    }
    if (result.getStatus() == SSLEngineResult.Status.BUFFER_OVERFLOW) {
      throw new SSLException("a record larger than " + MAX_RECORD_BYTES + " bytes");
    }
    if (!established && handshakeDone()) {
      established = true;
      events.onEstablished(engine);
    }
    plain.flip();
    if (plain.hasRemaining()) {
      events.onPlain(plain);
    }
    if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
      close(null);
      return false;
    }
    return result.bytesConsumed() > 0 || result.bytesProduced() > 0;
  }

  @Override
  public void hold() {
    held = true;
    connection.setReading(false);
  }

  @Override
  public void release() {
    held = false;
    connection.setReading(true);
    try {
      advance();
    } catch (IOException | RuntimeException e) {
      fail(e);
    }
  }

  @Override
  public void send(ByteBuffer data) throws IOException {
    while (data.hasRemaining() && !closed) {
      ByteBuffer out = ByteBuffer.allocate(Math.min(MAX_RECORD_BYTES, data.remaining() + 256));
      SSLEngineResult result = engine.wrap(data, out);
      if (result.getStatus() != SSLEngineResult.Status.OK) {
        throw new SSLException("encrypting ended with " + result.getStatus());
      }
      connection.write(out.flip());
    }
  }

  @Override
  public void flush() {
    connection.flush();
  }

  @Override
  public void onWritable() {
    events.onWritable();
  }

  @Override
  public void onClosed(Throwable reason) {
    close(reason);
  }

  private void fail(Throwable reason) {
    try {
      // Tells the peer why, if the engine has an alert to send.
      ByteBuffer out = ByteBuffer.allocate(MAX_RECORD_BYTES);
      engine.closeOutbound();
      engine.wrap(ByteBuffer.allocate(0), out);
      if (out.flip().hasRemaining()) {
        connection.write(out);
      }
    } catch (SSLException | RuntimeException e) {
      reason.addSuppressed(e);
    }
    close(reason);
  }

  private void close(Throwable reason) {
    if (!closed) {
      closed = true;
      connection.close();
      events.onClosed(reason);
    }
  }

  @Override
  public void close() {
    connection
        .eventThread()
        .execute(
            () -> {
              if (!closed && established) {
                try {
                  engine.closeOutbound();
                  ByteBuffer out = ByteBuffer.allocate(MAX_RECORD_BYTES);
                  engine.wrap(ByteBuffer.allocate(0), out);
                  connection.write(out.flip());
                } catch (SSLException | RuntimeException e) {
                  close(e);
                }
              }
              close(null);
            });
  }
}
