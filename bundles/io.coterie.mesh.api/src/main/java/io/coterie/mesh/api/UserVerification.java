package io.coterie.mesh.api;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Decides whether a person at this device lets another one in. The operator at the console does it
 * now; other ways may be plugged in and are asked in their stead.
 */
@ConsumerType
public interface UserVerification {
  /**
   * Waits for the decision.
   *
   * @return false when it was refused or nobody decided in time
   */
  boolean confirm(PairingRequest request, long timeoutMillis) throws InterruptedException;
}
