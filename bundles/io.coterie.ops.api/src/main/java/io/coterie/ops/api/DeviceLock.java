package io.coterie.ops.api;

import io.coterie.base.error.CoterieException;
import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A service that says when this device waits for its owner before it can serve. While it does,
 * commands of capabilities that need it are missing, and whoever asks for one is told why.
 */
@ConsumerType
public interface DeviceLock {
  /** Why it waits and what to do; empty when nothing is in the way. */
  Optional<CoterieException> reason();
}
