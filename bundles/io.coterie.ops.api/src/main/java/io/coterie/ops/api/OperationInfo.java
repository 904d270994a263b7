package io.coterie.ops.api;

import io.coterie.base.error.CoterieException;

/**
 * The state of an operation.
 *
 * @param change grows with every report
 * @param percent 0 to 100, or -1 when unknown
 * @param result one line, once it is done
 * @param failure why it failed, else null
 */
public record OperationInfo(
    String id,
    String kind,
    String subject,
    State state,
    String step,
    int percent,
    long change,
    long elapsedMillis,
    String result,
    CoterieException failure) {
  /** Where an operation stands. */
  public enum State {
    RUNNING,
    DONE,
    FAILED,
    CANCELLED
  }

  public boolean ended() {
    return state != State.RUNNING;
  }
}
