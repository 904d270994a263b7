package io.coterie.ops.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.Threads;
import io.coterie.ops.api.OperationBody;
import io.coterie.ops.api.OperationInfo;
import io.coterie.ops.api.OperationInfo.State;
import io.coterie.ops.api.Progress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One operation: its state, guarded by this object's monitor. */
final class RunningOperation implements Progress {
  private static final Logger LOG = LoggerFactory.getLogger(RunningOperation.class);

  private final Clock clock;
  private final long startedMillis;
  private OperationInfo info;
  private boolean cancelRequested;

  RunningOperation(String id, String kind, String subject, Clock clock) {
    this.clock = clock;
    this.startedMillis = clock.monotonicMillis();
    this.info =
        new OperationInfo(id, kind, subject, State.RUNNING, "starting", -1, 0, 0, null, null);
  }

  void runOn(Threads threads, OperationBody body) {
    threads.start(info().id(), () -> run(body));
  }

  private void run(OperationBody body) {
    try {
      String result = body.run(this);
      end(State.DONE, result, null);
    } catch (CoterieException e) {
      end(e.code().equals("COT-0103") ? State.CANCELLED : State.FAILED, null, e);
    } catch (InterruptedException e) {
      end(State.CANCELLED, null, cancelledError());
    } catch (Exception | LinkageError e) {
      LOG.error("COT-0110 operation {} failed unexpectedly", info().id(), e);
      end(
          State.FAILED,
          null,
          CoterieException.of(
              "COT-0110",
              ExitCode.FAILED,
              "it failed unexpectedly: " + e,
              "coterie device logs",
              e));
    }
  }

  private synchronized void end(State state, String result, CoterieException failure) {
    info =
        new OperationInfo(
            info.id(),
            info.kind(),
            info.subject(),
            state,
            info.step(),
            state == State.DONE ? 100 : info.percent(),
            info.change() + 1,
            clock.monotonicMillis() - startedMillis,
            result,
            failure);
    notifyAll();
  }

  synchronized OperationInfo info() {
    return info.ended() ? info : withElapsed();
  }

  private OperationInfo withElapsed() {
    return new OperationInfo(
        info.id(),
        info.kind(),
        info.subject(),
        info.state(),
        info.step(),
        info.percent(),
        info.change(),
        clock.monotonicMillis() - startedMillis,
        null,
        null);
  }

  @Override
  public synchronized void report(String step, int percent) {
    if (info.ended()) {
      return;
    }
    info =
        new OperationInfo(
            info.id(),
            info.kind(),
            info.subject(),
            State.RUNNING,
            step,
            percent,
            info.change() + 1,
            0,
            null,
            null);
    notifyAll();
  }

  @Override
  public synchronized boolean cancelled() {
    return cancelRequested;
  }

  @Override
  public void checkCancelled() {
    if (cancelled()) {
      throw cancelledError();
    }
  }

  private static CoterieException cancelledError() {
    return CoterieException.of("COT-0103", ExitCode.FAILED, "the operation was cancelled", "");
  }

  synchronized void cancel() {
    cancelRequested = true;
    notifyAll();
  }

  synchronized OperationInfo await(long afterChange, long timeoutMillis)
      throws InterruptedException {
    long end = clock.monotonicMillis() + timeoutMillis;
    while (!info.ended() && info.change() <= afterChange) {
      long left = end - clock.monotonicMillis();
      if (left <= 0) {
        break;
      }
      wait(left);
    }
    return info();
  }
}
