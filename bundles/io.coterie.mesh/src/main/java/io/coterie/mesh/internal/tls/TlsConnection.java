package io.coterie.mesh.internal.tls;

import io.coterie.mesh.internal.mux.SecureChannel;
import io.coterie.transport.api.Connection;
import io.coterie.transport.api.ConnectionHandler;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.TlsFatalAlert;

/**
 * TLS over a transport connection: a handshake, then records. Everything here runs on the
 * connection's event thread; only the steps of a handshake go to a bounded executor.
 */
public final class TlsConnection implements ConnectionHandler, SecureChannel {
  /**
   * With the data that an eager peer sends right behind its last message, as much as comes at once.
   */
  private static final int MAX_HANDSHAKE_BYTES = 128 * 1024;

  private final Connection connection;
  private final Handshake handshake;
  private final Executor handshakes;
  private final Events events;
  private final byte[] record = new byte[Records.MAX_RECORD_BYTES];
  private int filled;
  private Records records;
  private List<byte[]> arrived = new ArrayList<>();
  private ByteBuffer heldBack;
  private boolean stepRunning;
  private boolean held;
  private boolean closed;
  private int handshakeBytes;

  /** What the owner hears. Called on the event thread. */
  public interface Events {
    /** The handshake is done. */
    void onEstablished(SecureSession session) throws IOException;

    /** Decrypted bytes; valid during the call and consumed wholly. */
    void onPlain(ByteBuffer data) throws IOException;

    /** Everything that came together was handed over by {@link #onPlain}. */
    default void onBatchEnd() {}

    /** More may be written. */
    void onWritable();

    /**
     * The end, once.
     *
     * @param reason null when the peer ended it in good order
     */
    void onClosed(Throwable reason);
  }

  public TlsConnection(
      Connection connection, Handshake handshake, Executor handshakes, Events events) {
    this.connection = connection;
    this.handshake = handshake;
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
  public String transport() {
    return connection.transport();
  }

  @Override
  public String remote() {
    return connection.remote();
  }

  /** Begins the handshake. On the event thread. */
  public void begin() {
    startStep(handshake::begin);
  }

  @Override
  public void onData(ByteBuffer data) {
    try {
      take(data);
    } catch (IOException | RuntimeException e) {
      fail(e);
    }
    if (closed) {
      data.position(data.limit());
    }
    events.onBatchEnd();
  }

  /** Cuts what came into records. */
  private void take(ByteBuffer data) throws IOException {
    while (data.hasRemaining() && !closed) {
      if (held) {
        holdBack(data);
        return;
      }
      int whole = Records.HEADER_BYTES;
      if (filled >= whole) {
        whole = RecordLayer.recordBytes(record);
      }
      int part = Math.min(data.remaining(), whole - filled);
      data.get(record, filled, part);
      filled += part;
      if (filled == whole && whole > Records.HEADER_BYTES) {
        filled = 0;
        whole(whole);
      } else if (filled == whole && RecordLayer.recordBytes(record) == whole) {
        throw new TlsFatalAlert(AlertDescription.decode_error, "an empty record");
      }
    }
  }

  /** Bytes that came although reading was switched off already; at most what a read brings. */
  private void holdBack(ByteBuffer data) {
    int before = heldBack == null ? 0 : heldBack.remaining();
    ByteBuffer all = ByteBuffer.allocate(before + data.remaining());
    if (heldBack != null) {
      all.put(heldBack);
    }
    heldBack = all.put(data).flip();
  }

  private void whole(int length) throws IOException {
    if (records != null) {
      open(record, length);
      return;
    }
    handshakeBytes += length;
    if (handshakeBytes > MAX_HANDSHAKE_BYTES) {
      throw new IOException("a handshake of more than " + MAX_HANDSHAKE_BYTES + " bytes");
    }
    arrived.add(Arrays.copyOf(record, length));
    if (!stepRunning) {
      continueHandshake();
    }
  }

  private void open(byte[] bytes, int length) throws IOException {
    records.open(bytes, length, events::onPlain);
    if (records.peerClosed()) {
      close(null);
    }
  }

  // ---- the handshake

  private interface Step {
    void run() throws IOException;
  }

  /**
   * What a step brought.
   *
   * @param out records to send, or null
   * @param session when it was the last step, else null
   * @param rest records that came behind the handshake
   * @param failure why the handshake cannot go on, or null
   */
  private record Outcome(
      ByteBuffer out, SecureSession session, List<byte[]> rest, Exception failure) {}

  private void continueHandshake() {
    List<byte[]> batch = arrived;
    arrived = new ArrayList<>();
    startStep(
        () -> {
          while (!batch.isEmpty() && !handshake.done()) {
            handshake.offer(batch.remove(0));
          }
        },
        batch);
  }

  private void startStep(Step step) {
    startStep(step, List.of());
  }

  /**
   * A step of a handshake costs milliseconds: it runs on the handshake threads, so that the streams
   * of this event thread do not wait. Until it is done, the handshake is its own.
   */
  private void startStep(Step step, List<byte[]> rest) {
    if (closed) {
      return;
    }
    stepRunning = true;
    connection.setReading(false); // what comes meanwhile waits in the transport
    try {
      handshakes.execute(
          () -> {
            Outcome outcome = run(step, rest);
            connection.eventThread().execute(() -> finishStep(outcome));
          });
    } catch (RejectedExecutionException e) {
      stepRunning = false;
      fail(new IOException("too many handshakes at once", e));
    }
  }

  private Outcome run(Step step, List<byte[]> rest) {
    try {
      step.run();
      SecureSession session = handshake.done() ? handshake.session() : null;
      return new Outcome(handshake.output(), session, rest, null);
    } catch (IOException | RuntimeException e) {
      return new Outcome(handshake.output(), null, rest, e);
    }
  }

  private void finishStep(Outcome outcome) {
    stepRunning = false;
    if (closed) {
      if (outcome.session() != null) {
        outcome.session().records().close();
      } else {
        handshake.giveUp();
      }
      return;
    }
    if (outcome.out() != null) {
      connection.write(outcome.out());
      connection.flush();
    }
    if (outcome.failure() != null) {
      close(outcome.failure()); // the alert is among what was sent
      return;
    }
    connection.setReading(true);
    try {
      if (outcome.session() != null) {
        established(outcome);
      } else if (!arrived.isEmpty()) {
        continueHandshake();
      }
    } catch (IOException | RuntimeException e) {
      fail(e);
    }
  }

  private void established(Outcome outcome) throws IOException {
    records = outcome.session().records();
    events.onEstablished(outcome.session());
    List<byte[]> early = new ArrayList<>(outcome.rest());
    early.addAll(arrived);
    arrived = List.of();
    for (byte[] bytes : early) {
      if (!closed) {
        open(bytes, bytes.length);
      }
    }
    events.onBatchEnd();
  }

  // ---- afterwards

  @Override
  public void hold() {
    held = true;
    connection.setReading(false);
  }

  @Override
  public void release() {
    held = false;
    ByteBuffer back = heldBack;
    heldBack = null;
    if (back != null) {
      onData(back);
    }
    if (!closed && !held) {
      connection.setReading(true);
    }
  }

  @Override
  public void send(ByteBuffer data) throws IOException {
    if (closed) {
      data.position(data.limit());
      return;
    }
    ByteBuffer control = records.control();
    if (control != null) {
      connection.write(control);
    }
    connection.write(records.seal(data));
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
    boolean cut = records != null && !records.peerClosed();
    close(
        reason == null && cut
            ? new EOFException("the connection was cut without a close_notify")
            : reason);
  }

  private void fail(Throwable reason) {
    if (records != null && !closed) {
      short alert =
          reason instanceof TlsFatalAlert fatal
              ? fatal.getAlertDescription()
              : AlertDescription.internal_error;
      connection.write(records.fatal(alert));
      connection.flush();
    }
    close(reason);
  }

  private void close(Throwable reason) {
    if (!closed) {
      closed = true;
      connection.close();
      if (records != null) {
        records.close();
      } else if (!stepRunning) {
        handshake.giveUp();
      }
      events.onClosed(reason);
    }
  }

  @Override
  public void close() {
    try {
      connection.eventThread().execute(this::closeHere);
    } catch (RejectedExecutionException e) {
      // its transport was taken out, and every connection with it
    }
  }

  private void closeHere() {
    if (!closed && records != null) {
      connection.write(records.closeNotify());
      connection.flush();
    }
    close(null);
  }
}
