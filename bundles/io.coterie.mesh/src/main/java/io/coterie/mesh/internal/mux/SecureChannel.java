package io.coterie.mesh.internal.mux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;

/**
 * What a link needs of a connection whose peer is known and whose bytes are sealed. Everything but
 * {@link #isWritable()}, {@link #eventThread()}, {@link #transport()}, {@link #remote()} and {@link
 * #close()} is called on the event thread.
 */
public interface SecureChannel {
  /** Seals at most one record's worth of bytes and queues it. */
  void send(ByteBuffer record) throws IOException;

  /** Sends what was queued. */
  void flush();

  /** False while the transport has enough queued. */
  boolean isWritable();

  /** Stops handing on what comes in, from the next record on, until {@link #release()}. */
  void hold();

  /** Goes on after {@link #hold()}. */
  void release();

  /** Runs tasks one after the other, with everything that this channel reports. */
  Executor eventThread();

  /** The id of the transport below it. */
  String transport();

  /** The other end, for people. */
  String remote();

  /** Ends it in good order. */
  void close();
}
