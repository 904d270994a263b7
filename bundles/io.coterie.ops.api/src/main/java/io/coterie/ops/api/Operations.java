package io.coterie.ops.api;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import java.util.List;
import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;

/** Long-running acts. Thread-safe. Ended operations are kept up to a bound. */
@ProviderType
public interface Operations {
  /** How often {@link #follow} looks again when nothing is reported. */
  long FOLLOW_POLL_MILLIS = 1_000;

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

  /**
   * Waits for the end, handing each step to {@code steps} as it comes.
   *
   * @return the operation that is done
   * @throws CoterieException its failure, or COT-0111 when it still runs after {@code
   *     timeoutMillis}
   */
  default OperationInfo follow(String id, long timeoutMillis, Consumer<String> steps)
      throws InterruptedException {
    OperationInfo info = get(id);
    long began = info.elapsedMillis();
    String shown = "";
    while (!info.ended()) {
      if (info.elapsedMillis() - began > timeoutMillis) {
        throw CoterieException.of(
            "COT-0111",
            ExitCode.TIMED_OUT,
            "operation " + id + " still runs: " + info.step(),
            "coterie op wait " + id);
      }
      String line = info.percent() < 0 ? info.step() : info.step() + " (" + info.percent() + " %)";
      if (!line.equals(shown)) {
        steps.accept(line);
        shown = line;
      }
      info = await(id, info.change(), FOLLOW_POLL_MILLIS);
    }
    if (info.failure() != null) {
      throw info.failure();
    }
    return info;
  }
}
