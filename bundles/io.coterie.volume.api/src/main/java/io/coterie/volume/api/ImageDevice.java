package io.coterie.volume.api;

import java.io.IOException;
import org.osgi.annotation.versioning.ProviderType;

/** An image that is open. One thread at a time. */
@ProviderType
public interface ImageDevice extends BlockDevice, AutoCloseable {
  /** Ends the process behind it; what was flushed is in the image. */
  @Override
  void close() throws IOException;
}
