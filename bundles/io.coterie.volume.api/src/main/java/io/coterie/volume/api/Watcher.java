package io.coterie.volume.api;

import org.osgi.annotation.versioning.ConsumerType;

/** Hears how far a long act is, and may end it by an exception. */
@ConsumerType
public interface Watcher {
  /**
   * Called often.
   *
   * @param what is done now
   * @param percent how much of it was done, 0 to 100
   */
  void at(String what, int percent);
}
