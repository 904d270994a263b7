package io.coterie.mesh.internal.tls;

import io.coterie.mesh.internal.mux.SecureChannel;
import io.coterie.transport.api.Connection;
import io.coterie.transport.api.ConnectionHandler;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/**
 * TLS over a transport connection. Everything here runs on the connection's event thread; only the
 * steps of a handshake go to a bounded executor.
 */
public final class TlsConnection implements ConnectionHandler, SecureChannel {
  private static final int MAX_RECORD_BYTES = 18 * 1024;
  private static final int MAX_HANDSHAKE_BYTES = 48 * 1024;
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final Connection connection;
  private final SSLEngine engine;
  private final Executor handshakes;
  private final Events events;
  private final ByteBuffer plain = ByteBuffer.allocate(MAX_RECORD_BYTES);
  private ByteBuffer pending = ByteBuffer.allocate(MAX_RECORD_BYTES).flip();
  private boolean established;
  private ByteBuffer meanwhile = NOTHING;
  private boolean stepRunning;
  private int lastPendingBytes = -1;
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
      lastPendingBytes = -1;
      if (stepRunning) {
        meanwhile = append(meanwhile, data);
      } else {
        pending = append(pending, data);
        advance();
      }
    } catch (IOException | RuntimeException e) {
      fail(e);
    }
  }

  /** The bytes of both; {@code buffer} is to be read and stays so. */
  private static ByteBuffer append(ByteBuffer buffer, ByteBuffer data) {
    int needed = buffer.remaining() + data.remaining();
    return needed <= buffer.capacity()
        ? buffer.compact().put(data).flip()
        : ByteBuffer.allocate(2 * needed).put(buffer).put(data).flip();
  }

  /** Takes the handshake and the decryption as far as they go. */
  private void advance() throws IOException {
    if (!established) {
      startStep();
      return;
    }
    boolean more = true;
    while (more && !closed && !held && pending.hasRemaining()) {
      more = unwrap();
    }
  }

  private boolean handshakeDone() {
    return engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING
        && !"SSL_NULL_WITH_NULL_NULL".equals(engine.getSession().getCipherSuite());
  }

  /**
   * A step of a handshake costs milliseconds: it runs on the handshake threads, so that the streams
   * of this event thread do not wait. Until it is done, the engine and {@code pending} are its own.
   */
  private void startStep() {
    if (closed || stepRunning) {
      return;
    }
    stepRunning = true;
    try {
      handshakes.execute(
          () -> {
            Step step = step();
            connection.eventThread().execute(() -> finishStep(step));
          });
    } catch (RejectedExecutionException e) {
      stepRunning = false;
      fail(new SSLException("too many handshakes at once", e));
    }
  }

  /**
   * What a step brought.
   *
   * @param out records to send
   * @param failure why the handshake cannot go on, or null
   */
  private record Step(List<ByteBuffer> out, Exception failure) {}

  private Step step() {
    List<ByteBuffer> out = new ArrayList<>();
    try {
      while (!handshakeDone()) {
        HandshakeStatus status = engine.getHandshakeStatus();
        if (status == HandshakeStatus.NEED_TASK) {
          runTasks();
        } else if (status == HandshakeStatus.NEED_WRAP) {
          ByteBuffer record = ByteBuffer.allocate(MAX_RECORD_BYTES);
          SSLEngineResult result = engine.wrap(ByteBuffer.allocate(0), record);
          out.add(record.flip());
          if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
            return new Step(out, new SSLException("the peer ended the handshake"));
          }
        } else if (!pending.hasRemaining() || !unwrapHandshake()) {
          break;
        }
      }
      return new Step(out, null);
    } catch (IOException | RuntimeException e) {
      return new Step(out, e);
    }
  }

  private void runTasks() {
    for (Runnable task = engine.getDelegatedTask();
        task != null;
        task = engine.getDelegatedTask()) {
      task.run();
    }
  }

  private boolean unwrapHandshake() throws IOException {
    plain.clear();
    SSLEngineResult result = engine.unwrap(pending, plain);
    if (result.getStatus() == SSLEngineResult.Status.CLOSED || plain.position() > 0) {
      throw new SSLException("the peer ended the handshake");
    }
    return result.getStatus() == SSLEngineResult.Status.OK;
  }

  private void finishStep(Step step) {
    stepRunning = false;
    if (closed) {
      return;
    }
    pending = append(pending, meanwhile);
    meanwhile = NOTHING;
    step.out().forEach(connection::write);
    if (!step.out().isEmpty()) {
      connection.flush();
    }
    try {
      if (step.failure() != null) {
        fail(step.failure());
        return;
      }
      if (handshakeDone()) {
        established = true;
        events.onEstablished(engine);
        advance();
      } else if (pending.hasRemaining() && pending.remaining() != lastPendingBytes) {
        lastPendingBytes = pending.remaining();
        startStep();
      }
    } catch (IOException | RuntimeException e) {
      fail(e);
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
    if (stepRunning) {
      close(reason); // the engine is in use: no alert
      return;
    }
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
