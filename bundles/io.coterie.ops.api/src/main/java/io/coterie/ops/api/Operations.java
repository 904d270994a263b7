package io.coterie.ops.api;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** Long-running acts. Thread-safe. Ended operations are kept up to a bound. */
@ProviderType
public interface Operations {
  /**
   * Starts an act on a thread of its own.
   *
   * @param kind what it is, for instance {@code "vm-migrate"}
   * @param subject what it is done to
   * @throws io.coterie.base.error.CoterieException COT-0101 when too many are running
   */
  OperationInfo start(String kind, String subject, OperationBody body);

  List<OperationInfo> list();

  /**
   * The state of one.
   *
   * @throws io.coterie.base.error.CoterieException COT-0102 when the id is unknown
   */
  OperationInfo get(String id);

  /** Asks it to stop; the act decides when that is safe. */
  void cancel(String id);

  /**
   * Waits until it ended or progressed beyond {@code afterChange}.
   *
   * @return the state then, which may be unchanged when the time is over
   */
  OperationInfo await(String id, long afterChange, long timeoutMillis) throws InterruptedException;
}
