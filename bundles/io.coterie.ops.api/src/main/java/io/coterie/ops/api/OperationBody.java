package io.coterie.ops.api;

import org.osgi.annotation.versioning.ConsumerType;

/** The act itself. */
@ConsumerType
@FunctionalInterface
public interface OperationBody {
  /**
   * Does it.
   *
   * @return one line about the result
   * @throws Exception ends the operation as failed; a CoterieException is shown as it is
   */
  String run(Progress progress) throws Exception;
}
