package io.coterie.ops.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemThreads;
import io.coterie.base.seam.Threads;
import io.coterie.ops.api.OperationBody;
import io.coterie.ops.api.OperationInfo;
import io.coterie.ops.api.Operations;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;

/** The operations of this device, in memory: they are acts of this process and end with it. */
@Component(service = Operations.class)
public final class OperationRegistry implements Operations {
  static final int MAX_RUNNING = 32;
  static final int MAX_KEPT = 200;

  private final Threads threads;
  private final Clock clock;
  private final Map<String, RunningOperation> operations = new LinkedHashMap<>();
  private long lastNumber;

  @Activate
  public OperationRegistry() {
    this(new SystemThreads(), new SystemClock());
  }

  OperationRegistry(Threads threads, Clock clock) {
    this.threads = threads;
    this.clock = clock;
  }

  @Override
  public OperationInfo start(String kind, String subject, OperationBody body) {
    RunningOperation operation;
    synchronized (this) {
      long running = operations.values().stream().filter(o -> !o.info().ended()).count();
      if (running >= MAX_RUNNING) {
        throw CoterieException.of(
            "COT-0101",
            ExitCode.REFUSED,
            running + " operations are running, limit " + MAX_RUNNING,
            "coterie op list");
      }
      forgetOldest();
      operation = new RunningOperation("op-" + ++lastNumber, kind, subject, clock);
      operations.put(operation.info().id(), operation);
    }
    operation.runOn(threads, body);
    return operation.info();
  }

  private void forgetOldest() {
    Iterator<RunningOperation> it = operations.values().iterator();
    while (operations.size() >= MAX_KEPT && it.hasNext()) {
      if (it.next().info().ended()) {
        it.remove();
      }
    }
  }

  @Override
  public synchronized List<OperationInfo> list() {
    List<OperationInfo> all = new ArrayList<>();
    operations.values().forEach(o -> all.add(o.info()));
    return all;
  }

  @Override
  public OperationInfo get(String id) {
    return find(id).info();
  }

  @Override
  public void cancel(String id) {
    find(id).cancel();
  }

  @Override
  public OperationInfo await(String id, long afterChange, long timeoutMillis)
      throws InterruptedException {
    return find(id).await(afterChange, timeoutMillis);
  }

  private synchronized RunningOperation find(String id) {
    RunningOperation operation = operations.get(id);
    if (operation == null) {
      throw CoterieException.of(
          "COT-0102", ExitCode.NOT_FOUND, "there is no operation '" + id + "'", "coterie op list");
    }
    return operation;
  }

  /** Asks everything that still runs to end. */
  @Deactivate
  synchronized void close() {
    operations.values().forEach(RunningOperation::cancel);
  }
}
