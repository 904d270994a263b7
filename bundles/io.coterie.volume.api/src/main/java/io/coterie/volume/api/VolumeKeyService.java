package io.coterie.volume.api;

import org.osgi.annotation.versioning.ProviderType;

/**
 * Changes the keys of the volumes of this device. How far a change is, {@link VolumeInfo#keyState}
 * tells. Thread-safe. Errors are CoterieExceptions: COT-0501 no such volume, COT-0535 not stored.
 */
@ProviderType
public interface VolumeKeyService {
  /**
   * Gives a volume a new key. Everything written from now on is under it; what there is is sealed
   * anew in the background, in snapshots too, and then the old key is destroyed. A crash or restart
   * at any time only interrupts that.
   */
  void rekey(String volume);

  /** Leaves what is under old keys as it is for now, or goes on with it. */
  void pause(String volume, boolean paused);

  /**
   * Sets the age at which keys are replaced by themselves.
   *
   * @param everyMillis at least a day, or 0 for never
   */
  void every(String volume, long everyMillis);
}
