package io.coterie.transport.api;

import org.osgi.annotation.versioning.ConsumerType;

/** Takes incoming connections. */
@ConsumerType
@FunctionalInterface
public interface Acceptor {
  /**
   * A connection came in. Called on an event thread; must call {@link Connection#start} or close
   * it.
   */
  void accepted(Connection connection);
}
