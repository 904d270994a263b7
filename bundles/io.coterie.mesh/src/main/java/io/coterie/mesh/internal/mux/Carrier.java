package io.coterie.mesh.internal.mux;

import io.coterie.crypto.api.Suite;
import io.coterie.mesh.internal.tls.TlsConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One TLS connection that carries a link, or is about to. Frames are read on its event thread and,
 * while it is the link's sending carrier, written there.
 */
final class Carrier {
  private final TlsConnection tls;
  private final Suite suite;
  private final long generation;
  private final long sinceMillis;
  private final AtomicBoolean pumping = new AtomicBoolean();
  private boolean fenceReceived;
  private boolean fenceSent;

  Carrier(TlsConnection tls, Suite suite, long generation, long sinceMillis) {
    this.tls = tls;
    this.suite = suite;
    this.generation = generation;
    this.sinceMillis = sinceMillis;
  }

  TlsConnection tls() {
    return tls;
  }

  Suite suite() {
    return suite;
  }

  long generation() {
    return generation;
  }

  long sinceMillis() {
    return sinceMillis;
  }

  boolean writable() {
    return tls.connection().isWritable();
  }

  /** Runs the pump on the event thread, once for any number of wishes. */
  void schedule(Runnable pump) {
    if (pumping.compareAndSet(false, true)) {
      tls.connection()
          .eventThread()
          .execute(
              () -> {
                pumping.set(false);
                pump.run();
              });
    }
  }

  void send(ByteBuffer record) throws IOException {
    tls.send(record);
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
