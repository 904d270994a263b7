package io.coterie.mesh.api;

import java.io.IOException;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A service that answers requests of trusted peers. Registered with the property {@link
 * StreamHandler#SERVICE}.
 */
@ConsumerType
public interface RpcHandler {
  /** A longer request or answer is refused. */
  int MAX_MESSAGE_BYTES = 1 << 20;

  /**
   * Answers one request. Runs on a thread of its own and may block.
   *
   * @throws io.coterie.base.error.CoterieException is carried to the caller as it is
   */
  byte[] answer(DeviceId peer, byte[] request) throws IOException;
}
