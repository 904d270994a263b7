package io.coterie.transport.api;

import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import org.osgi.annotation.versioning.ProviderType;

/**
 * A duplex byte connection. All methods may be called from any thread; the handler's methods are
 * called on one event thread, one after the other.
 */
@ProviderType
public interface Connection extends AutoCloseable {
  /** Begins reading and names the handler. Called once. */
  void start(ConnectionHandler handler);

  /**
   * Queues bytes. On the event thread its content is taken before this returns. Bytes queued while
   * {@link #isWritable()} is false are still sent, so callers stop by themselves.
   */
  void write(ByteBuffer data);

  /** Sends what was queued. */
  void flush();

  /** False while more than the transport's high-water mark is queued. */
  boolean isWritable();

  /** Switches reading off and on (back-pressure). It is on after {@link #start}. */
  void setReading(boolean reading);

  /** Runs tasks on the event thread of this connection. */
  Executor eventThread();

  /** The {@link Transport#ID id} of the transport that made it. */
  String transport();

  /** The other end, for people. */
  String remote();

  /** Closes at once after what was flushed has been handed to the system. Idempotent. */
  @Override
  void close();
}
