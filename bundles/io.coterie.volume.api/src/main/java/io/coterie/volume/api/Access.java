package io.coterie.volume.api;

import org.osgi.annotation.versioning.ProviderType;

/** One client's use of a volume under a {@link Grant}. Close it when the client is gone. */
@ProviderType
public interface Access extends AutoCloseable {
  /** The device; every call checks the grant first. */
  BlockDevice device();

  /** True when the grant can never write. */
  boolean readOnly();

  String volume();

  @Override
  void close();
}
