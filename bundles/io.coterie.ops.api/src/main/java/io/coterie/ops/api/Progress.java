package io.coterie.ops.api;

import org.osgi.annotation.versioning.ProviderType;

/** How an act reports and hears of a cancellation. Thread-safe. */
@ProviderType
public interface Progress {
  /**
   * Says what is being done now.
   *
   * @param percent 0 to 100, or -1 when unknown
   */
  void report(String step, int percent);

  /** True once somebody asked for the end. */
  boolean cancelled();

  /**
   * Ends the act here if it was cancelled.
   *
   * @throws io.coterie.base.error.CoterieException COT-0103
   */
  void checkCancelled();
}
