package io.coterie.transport.api;

import java.nio.ByteBuffer;
import org.osgi.annotation.versioning.ConsumerType;

/** Hears what happens on a {@link Connection}. Called on its event thread; must not block. */
@ConsumerType
public interface ConnectionHandler {
  /** Bytes arrived. The buffer is valid only during the call and is consumed wholly. */
  void onData(ByteBuffer data);

  /** {@link Connection#isWritable()} changed to true. */
  void onWritable();

  /**
   * The connection ended. The last call.
   *
   * @param reason null for an orderly end by the peer or by this side
   */
  void onClosed(Throwable reason);
}
