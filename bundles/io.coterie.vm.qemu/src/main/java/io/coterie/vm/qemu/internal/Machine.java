package io.coterie.vm.qemu.internal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.Threads;
import io.coterie.vm.api.VmState;
import io.coterie.vm.qemu.internal.qmp.QmpClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A machine that runs on this device: its process, its control connection, what it said.
 * Thread-safe.
 */
final class Machine implements QmpClient.Listener {
  private static final Logger LOG = LoggerFactory.getLogger(Machine.class);
  private static final long POLL_MILLIS = 20;
  private static final long RESUME_PAUSE_MILLIS = 1_000;
  private static final int RESUME_TRIES = 600;
  private static final int MAX_EVENTS = 256;

  private final String name;
  private final QemuProcess process;
  private final boolean kvm;
  private final Threads threads;
  private final Clock clock;
  private final Deque<Event> events = new ArrayDeque<>();
  private QmpClient qmp;
  private long ioErrors;
  private long eventCount;
  private boolean resuming;
  private boolean resumed;
  private boolean poweredOff;
  private Runnable onResume = () -> {};
  private boolean stopping;

  /** Something QEMU said, numbered from 1. */
  record Event(long number, String name, JsonNode data) {}

  private Machine(String name, QemuProcess process, boolean kvm, Threads threads, Clock clock) {
    this.name = name;
    this.process = process;
    this.kvm = kvm;
    this.threads = threads;
    this.clock = clock;
  }

  /** Connects to a process that was started, waiting until its control socket answers. */
  static Machine connect(
      String name,
      QemuProcess process,
      boolean kvm,
      Path qmpSocket,
      Path processLog,
      Threads threads,
      Clock clock)
      throws IOException {
    Machine machine = new Machine(name, process, kvm, threads, clock);
    long end = clock.monotonicMillis() + QemuLimits.START_MILLIS;
    IOException last = null;
    while (process.alive() && clock.monotonicMillis() < end) {
      try {
        machine.qmp = QmpClient.connect(qmpSocket, threads, machine);
        return machine;
      } catch (IOException e) {
        last = e;
        sleep(POLL_MILLIS);
      }
    }
    String log = Files.exists(processLog) ? tail(processLog) : "";
    throw new IOException(
        process.alive()
            ? "QEMU did not answer in " + QemuLimits.START_MILLIS + " ms"
            : "QEMU ended at once: " + log,
        last);
  }

  private static String tail(Path log) throws IOException {
    String text = Files.readString(log).trim();
    return text.length() > 600 ? text.substring(text.length() - 600) : text;
  }

  static void sleep(long millis) throws IOException {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  QemuProcess process() {
    return process;
  }

  boolean kvm() {
    return kvm;
  }

  synchronized long ioErrors() {
    return ioErrors;
  }

  JsonNode command(String command) throws IOException {
    return command(command, null);
  }

  JsonNode command(String command, ObjectNode arguments) throws IOException {
    QmpClient client;
    synchronized (this) {
      client = qmp;
    }
    if (client == null) {
      throw new IOException("QEMU is not connected");
    }
    return client.execute(command, arguments, QemuLimits.COMMAND_MILLIS);
  }

  /** QEMU's own word for what it does, or null when it does not answer. */
  String runState() {
    try {
      return command("query-status").path("status").asText();
    } catch (IOException e) {
      return null;
    }
  }

  VmState state() {
    if (!process.alive()) {
      return ended();
    }
    String state = runState();
    if (state == null) {
      return process.alive() ? VmState.PAUSED : ended();
    }
    return switch (state) {
      case "running" -> VmState.RUNNING;
      case "inmigrate" -> VmState.INCOMING;
      case "io-error" -> VmState.IO_ERROR;
      case "shutdown" -> VmState.STOPPED;
      default -> VmState.PAUSED;
    };
  }

  /** A process that ended after the guest switched its machine off did not crash. */
  private synchronized VmState ended() {
    return poweredOff ? VmState.STOPPED : VmState.CRASHED;
  }

  @Override
  public void event(String event, JsonNode data) {
    LOG.info("machine {}: {} {}", name, event, data);
    synchronized (this) {
      events.add(new Event(++eventCount, event, data));
      if (events.size() > MAX_EVENTS) {
        events.remove();
      }
      // With -no-reboot a panic ends the process as well: that is no switching off.
      poweredOff |=
          event.equals("SHUTDOWN") && data.path("reason").asText().equals("guest-shutdown");
      notifyAll();
    }
    if (event.equals("BLOCK_IO_ERROR")) {
      ioError();
    } else if (event.equals("RESUME")) {
      Runnable hook;
      synchronized (this) {
        resumed = true;
        hook = onResume;
      }
      hook.run();
    }
  }

  /** True once the guest's processor ran after a stop or an arrival. */
  synchronized boolean resumed() {
    return resumed;
  }

  /** Runs on the reading thread at each RESUME. */
  synchronized void onResume(Runnable hook) {
    onResume = hook;
  }

  /** A machine that was found waiting for its storage is helped like one that was seen to stop. */
  void helpIfWaiting() {
    if ("io-error".equals(runState())) {
      ioError();
    }
  }

  /** The number of the newest event. */
  synchronized long lastEvent() {
    return eventCount;
  }

  /**
   * Waits for one of the events that came after number {@code after}.
   *
   * @param wanted {@code EVENT} or {@code EVENT:status}
   * @return it, or null when the time is over
   */
  synchronized Event await(long after, long timeoutMillis, String... wanted) throws IOException {
    long end = clock.monotonicMillis() + timeoutMillis;
    while (true) {
      for (Event event : events) {
        for (String want : wanted) {
          boolean match =
              want.equals(event.name())
                  || want.equals(event.name() + ":" + event.data().path("status").asText());
          if (match && event.number() > after) {
            return event;
          }
        }
      }
      long left = end - clock.monotonicMillis();
      if (left <= 0 || (qmp != null && !qmp.open())) {
        return null;
      }
      try {
        wait(left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
    }
  }

  /** The guest waits for its storage: let it go on as soon as the storage is back. */
  private void ioError() {
    synchronized (this) {
      ioErrors++;
      if (resuming) {
        return;
      }
      resuming = true;
    }
    LOG.warn("COT-0703 machine {} waits: its volume does not answer", name);
    threads.start("vm-resume", this::resumeLoop);
  }

  private void resumeLoop() {
    try {
      for (int i = 0; i < RESUME_TRIES && process.alive(); i++) {
        sleep(RESUME_PAUSE_MILLIS);
        if (!"io-error".equals(runState())) {
          return;
        }
        command("cont");
      }
      LOG.error("COT-0704 machine {} still waits for its volume", name);
    } catch (IOException e) {
      LOG.info("machine {}: {}", name, e.getMessage());
    } finally {
      synchronized (this) {
        resuming = false;
      }
    }
  }

  @Override
  public void disconnected() {
    synchronized (this) {
      notifyAll();
    }
    if (!stopping && process.alive()) {
      LOG.warn("COT-0705 machine {} closed its control connection", name);
    }
  }

  /** Ends the process: by QMP, else by force. True when it is gone. */
  boolean quit() {
    stopping = true;
    try {
      command("quit");
    } catch (IOException e) {
      LOG.debug("quit of {}: {}", name, e.toString());
    }
    boolean gone =
        process.awaitExit(QemuLimits.QUIT_MILLIS) || process.kill(QemuLimits.QUIT_MILLIS);
    disconnect();
    return gone;
  }

  /** Lets the process be and closes the control connection. */
  void disconnect() {
    stopping = true;
    QmpClient client;
    synchronized (this) {
      client = qmp;
    }
    try {
      if (client != null) {
        client.close();
      }
    } catch (IOException e) {
      LOG.debug("closing QMP of {}", name, e);
    }
  }
}
