package io.coterie.transport.api;

import org.osgi.annotation.versioning.ProviderType;

/** An open listening address. Closing it leaves accepted connections alone. */
@ProviderType
public interface Listener extends AutoCloseable {
  /** The address with the port that was really bound. */
  Address address();

  @Override
  void close();
}
