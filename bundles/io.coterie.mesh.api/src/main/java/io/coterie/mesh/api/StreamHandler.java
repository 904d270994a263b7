package io.coterie.mesh.api;

import java.io.IOException;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A service that takes streams from trusted peers. Registered with the service property {@link
 * #SERVICE}.
 */
@ConsumerType
public interface StreamHandler {
  /** Service property: the name by which peers open streams to it. */
  String SERVICE = "coterie.stream.service";

  /**
   * Serves one stream. Runs on a thread of its own and may block; the stream is closed afterwards.
   *
   * @throws IOException ends the stream with a reset
   */
  void handle(Stream stream) throws IOException;
}
