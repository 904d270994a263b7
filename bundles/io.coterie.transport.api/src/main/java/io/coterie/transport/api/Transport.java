package io.coterie.transport.api;

import java.io.IOException;
import org.osgi.annotation.versioning.ProviderType;

/**
 * A way to open duplex byte connections. Implemented by transport plugins; thread-safe. It neither
 * authenticates nor encrypts.
 */
@ProviderType
public interface Transport {
  /** Service property: the value of {@link #id()}. */
  String ID = "transport";

  /** The word before {@code ://} in an address. */
  String id();

  /**
   * Listens until the listener is closed.
   *
   * @param acceptor called on an event thread for each new connection; must not block
   * @throws IOException when the address is in use or not of this machine
   */
  Listener listen(Address address, Acceptor acceptor) throws IOException;

  /**
   * Connects, waiting at most {@code timeoutMillis}.
   *
   * @throws IOException when nobody answers in time
   */
  Connection connect(Address address, long timeoutMillis) throws IOException;
}
