package io.coterie.volume.internal.command;

import io.coterie.ops.api.OperationInfo;
import io.coterie.ops.api.Operations;
import java.util.concurrent.TimeUnit;

/** Shows how far an operation is until it ends, or only its id. */
final class FollowedOperation {
  private static final long WAIT_MILLIS = TimeUnit.DAYS.toMillis(1);

  private FollowedOperation() {}

  /** Prints its result, or its id at once when nobody wants to wait. */
  static void print(Operations operations, OperationInfo started, boolean noWait) throws Exception {
    System.out.println(
        noWait
            ? started.id()
            : operations.follow(started.id(), WAIT_MILLIS, System.err::println).result());
  }
}
