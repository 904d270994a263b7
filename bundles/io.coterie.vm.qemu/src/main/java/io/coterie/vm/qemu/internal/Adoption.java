package io.coterie.vm.qemu.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.file.SafeFiles;
import io.coterie.base.seam.Clock;
import io.coterie.vm.qemu.internal.MigrationJournal.Role;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds running machines again after a restart, and brings migrations to an end that a crash
 * interrupted. A migration whose other end does not answer is asked about again and again.
 */
final class Adoption {
  private static final Logger LOG = LoggerFactory.getLogger(Adoption.class);
  private static final long PAUSE_MILLIS = 2_000;
  private static final long PATIENCE_MILLIS = 10_000;

  private final MachineStore store;
  private final Hypervisor hypervisor;
  private final Map<String, Machine> running;
  private final MigrationSource source;
  private final MigrationTarget target;
  private final Clock clock;
  private final Map<String, String> notes = new ConcurrentHashMap<>();
  private final Set<String> pending = ConcurrentHashMap.newKeySet();
  private boolean stopped;

  Adoption(
      MachineStore store,
      Hypervisor hypervisor,
      Map<String, Machine> running,
      MigrationSource source,
      MigrationTarget target,
      Clock clock) {
    this.store = store;
    this.hypervisor = hypervisor;
    this.running = running;
    this.source = source;
    this.target = target;
    this.clock = clock;
    // Taken before any peer can send a machine: what arrives later is nobody's leftover.
    store.names().forEach(pending::add);
  }

  /** What a user should know of a machine, or null. */
  String note(String name) {
    return notes.get(name);
  }

  /** True while it is not known yet how a machine stands. */
  boolean settling(String name) {
    return pending.contains(name);
  }

  /**
   * Refuses an act on a machine of which it is not known how it stands. A device that has just
   * started knows it in a moment, which is waited for; what hangs on another device is not.
   */
  void awaitSettled(String name) {
    if (!settled(name)) {
      throw CoterieException.of(
          "COT-0740",
          ExitCode.REFUSED,
          "how machine " + name + " stands is still being found out",
          "the same command in some seconds; coterie vm info " + name);
    }
  }

  private synchronized boolean settled(String name) {
    long deadline = clock.monotonicMillis() + PATIENCE_MILLIS;
    long left = PATIENCE_MILLIS;
    try {
      while (settling(name) && !stopped && !notes.containsKey(name) && left > 0) {
        wait(left);
        left = deadline - clock.monotonicMillis();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return !settling(name);
  }

  synchronized void wake() {
    notifyAll();
  }

  /** A migration's end is not known: ask until it is. */
  synchronized void keepAsking(String name) {
    askedAbout(name);
    pending.add(name);
    notifyAll();
  }

  private synchronized void askedAbout(String name) {
    notes.put(name, "a migration broke after the switch; the other device is being asked");
    notifyAll();
  }

  synchronized void stop() {
    stopped = true;
    notifyAll();
  }

  private synchronized boolean pause() {
    try {
      if (!stopped) {
        wait(PAUSE_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
    return !stopped;
  }

  void run() {
    do {
      for (String name : Set.copyOf(pending)) {
        try {
          if (!store.exists(name) || settle(name)) {
            done(name);
          }
        } catch (IOException | RuntimeException e) {
          LOG.warn("COT-0737 machine {} is not settled yet: {}", name, e.getMessage());
        }
      }
    } while (pause());
  }

  private synchronized void done(String name) {
    pending.remove(name);
    notes.remove(name);
    notifyAll(); // those who wait to act on it
  }

  /** True when nothing is left to find out about the machine. */
  private boolean settle(String name) throws IOException {
    VmDefinition vm = store.read(name);
    Path directory = store.directory(name);
    Machine machine = running.get(name);
    if (machine == null) {
      machine = hypervisor.adopt(vm).orElse(null);
      if (machine != null) {
        running.put(name, machine);
        machine.helpIfWaiting();
      }
    }
    MigrationJournal journal = MigrationJournal.read(directory);
    if (journal == null) {
      return true;
    }
    return journal.role() == Role.TARGET
        ? settleTarget(name, machine)
        : settleSource(vm, machine, journal);
  }

  /**
   * The source asks for its machine itself; here only what can no longer arrive is cleared away.
   */
  private boolean settleTarget(String name, Machine machine) throws IOException {
    if (machine == null) {
      if (target.neverRan(name)) {
        target.discard(name);
      }
      return true; // else the source asks, and is told that nobody knows
    }
    if ("inmigrate".equals(machine.runState())) {
      // Its memory came over a stream that ended with the process before this one.
      target.discard(name);
    } else {
      target.arrived(name);
    }
    return true;
  }

  private boolean settleSource(VmDefinition vm, Machine machine, MigrationJournal journal)
      throws IOException {
    switch (source.settle(vm, machine, journal)) {
      case RUNS_HERE -> {
        LOG.info(
            "COT-0738 machine {} {} here after a broken migration",
            vm.name(),
            machine == null ? "stays" : "runs on");
        return true;
      }
      case RUNS_THERE -> {
        if (machine != null) {
          machine.quit();
          running.remove(vm.name());
        }
        SafeFiles.forceDirectory(store.directory(vm.name()));
        store.delete(vm.name());
        return true;
      }
      default -> {
        askedAbout(vm.name());
        return false;
      }
    }
  }
}
