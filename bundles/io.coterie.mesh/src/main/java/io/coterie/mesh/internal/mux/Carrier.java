package io.coterie.mesh.internal.mux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One secure channel that carries a link, or is about to. Frames are read on its event thread and,
 * while it is the link's sending carrier, written there.
 */
final class Carrier {
  private static final Logger LOG = LoggerFactory.getLogger(Carrier.class);

  private final SecureChannel channel;
  private final Terms terms;
  private final long generation;
  private final long sinceMillis;
  private final AtomicBoolean pumping = new AtomicBoolean();

  /** One byte more than a record holds: the record layer puts the type behind. */
  private final ByteBuffer record = ByteBuffer.allocate(Frame.MAX_BYTES + 1);

  private boolean fenceReceived;
  private boolean fenceSent;

  Carrier(SecureChannel channel, Terms terms, long generation, long sinceMillis) {
    this.channel = channel;
    this.terms = terms;
    this.generation = generation;
    this.sinceMillis = sinceMillis;
  }

  SecureChannel channel() {
    return channel;
  }

  Terms terms() {
    return terms;
  }

  long generation() {
    return generation;
  }

  long sinceMillis() {
    return sinceMillis;
  }

  boolean writable() {
    return channel.isWritable();
  }

  /** Runs the pump on the event thread, once for any number of wishes. */
  void schedule(Runnable pump) {
    if (pumping.compareAndSet(false, true)) {
      execute(
          () -> {
            pumping.set(false);
            pump.run();
          });
    }
  }

  /** Runs a task on the event thread; when that has ended, so has the connection. */
  void execute(Runnable task) {
    try {
      channel.eventThread().execute(task);
    } catch (RejectedExecutionException e) {
      LOG.debug("the transport of a connection is gone", e);
    }
  }

  /** Room for one record, the same each time: what was in it is sealed by now. */
  ByteBuffer emptyRecord() {
    return record.clear().limit(Frame.MAX_BYTES);
  }

  void send(ByteBuffer record) throws IOException {
    channel.send(record);
  }

  boolean fenceReceived() {
    return fenceReceived;
  }

  void setFenceReceived() {
    fenceReceived = true;
  }

  boolean fenceSent() {
    return fenceSent;
  }

  void setFenceSent() {
    fenceSent = true;
  }
}
