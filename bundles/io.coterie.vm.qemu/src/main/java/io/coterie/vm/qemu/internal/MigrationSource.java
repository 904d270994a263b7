package io.coterie.vm.qemu.internal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.hot.HotRef;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.FaultPoints;
import io.coterie.base.seam.Threads;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.MeshService;
import io.coterie.mesh.api.Stream;
import io.coterie.mesh.api.StreamClass;
import io.coterie.ops.api.Progress;
import io.coterie.vm.api.MigrationReport;
import io.coterie.vm.qemu.internal.MigrationJournal.Role;
import io.coterie.vm.qemu.internal.MigrationJournal.Step;
import io.coterie.vm.qemu.internal.MigrationWire.Act;
import io.coterie.vm.qemu.internal.qmp.QmpClient;
import io.coterie.volume.api.Grant;
import io.coterie.volume.api.GrantService;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends a running machine to another device. Until the volume's right to write passes to the
 * target, every failure leaves the guest running here; from then on the guest runs on only where
 * that is certain to be the only place.
 */
final class MigrationSource {
  private static final Logger LOG = LoggerFactory.getLogger(MigrationSource.class);
  private static final long RPC_MILLIS = 40_000;
  private static final long STREAM_MILLIS = 15_000;
  private static final long TOTAL_MILLIS = 600_000;
  private static final long POLL_MILLIS = 100;
  private static final long ACTIVE_SILENCE_MILLIS = 60_000;
  private static final long MAX_BANDWIDTH_BYTES = 10L << 30;
  private static final long DOWNTIME_LIMIT_MILLIS = 300;

  private final HotRef<MeshService> mesh;
  private final HotRef<GrantService> grants;
  private final MachineStore store;
  private final BootFiles bootFiles;
  private final Threads threads;
  private final Clock clock;
  private final FaultPoints faults;

  MigrationSource(
      HotRef<MeshService> mesh,
      HotRef<GrantService> grants,
      MachineStore store,
      BootFiles bootFiles,
      Threads threads,
      Clock clock,
      FaultPoints faults) {
    this.mesh = mesh;
    this.grants = grants;
    this.store = store;
    this.bootFiles = bootFiles;
    this.threads = threads;
    this.clock = clock;
    this.faults = faults;
  }

  /** How a failed attempt left things. */
  enum Outcome {
    RUNS_HERE,
    RUNS_THERE,
    UNKNOWN
  }

  /** Moves it; returns when the guest runs at the target and the process here is gone. */
  MigrationReport run(VmDefinition vm, Machine machine, DeviceId target, Progress progress)
      throws IOException {
    long started = clock.monotonicMillis();
    Path directory = store.directory(vm.name());
    DeviceId home = DeviceId.parse(vm.volumeHome());
    Grant next =
        grants.call(g -> g.issueSuccessor(home, vm.export(), "device " + target.shortForm()));
    MigrationJournal journal =
        new MigrationJournal(
            Role.SOURCE, Step.PREPARED, target.toString(), vm.export(), next.export());
    journal.write(directory);
    faults.reach("migrate-source-granted");
    long before = machine.lastEvent();
    MemoryRelay relay = null;
    try {
      progress.report("preparing the target", 2);
      prepare(vm.withExport(next.export()), machine.kvm(), target);
      faults.reach("migrate-source-prepared");
      progress.checkCancelled();
      Path socket = directory.resolve("relay.sock");
      relay = new MemoryRelay(openMemory(vm, target), socket, threads);
      startMigration(machine, socket);
      faults.reach("migrate-source-copying");
      awaitPreSwitchover(machine, before, progress);
      faults.reach("migrate-source-paused");
      progress.report("passing the volume to the target", 90);
      journal = journal.at(Step.SWITCHING);
      journal.write(directory);
      faults.reach("migrate-source-switching");
      grants.call(g -> g.activate(home, next.export()));
      faults.reach("migrate-source-activated");
      machine.command("migrate-continue", QmpClient.object().put("state", "pre-switchover"));
      faults.reach("migrate-source-continued");
      progress.report("starting the guest at the target", 95);
      awaitRunning(vm, target);
      faults.reach("migrate-source-running");
    } catch (IOException | RuntimeException e) {
      closeQuietly(relay);
      Outcome outcome = settle(vm, machine, journal);
      if (outcome != Outcome.RUNS_THERE) {
        throw failed(vm, outcome, e);
      }
      LOG.warn("COT-0712 the target runs {} although: {}", vm.name(), e.getMessage());
    }
    JsonNode figures = figures(machine);
    closeQuietly(relay);
    machine.quit();
    faults.reach("migrate-source-quit");
    revoke(home, vm.export());
    store.delete(vm.name());
    return new MigrationReport(
        clock.monotonicMillis() - started,
        figures.path("downtime").asLong(),
        figures.path("ram").path("transferred").asLong());
  }

  private static CoterieException failed(VmDefinition vm, Outcome outcome, Exception e) {
    if (e instanceof CoterieException known && known.code().equals("COT-0103")) {
      return known;
    }
    String reason = e instanceof CoterieException c ? c.what() : String.valueOf(e.getMessage());
    return outcome == Outcome.RUNS_HERE
        ? CoterieException.of(
            "COT-0713",
            ExitCode.FAILED,
            "machine " + vm.name() + " was not moved and runs on here: " + reason,
            "coterie vm migrate " + vm.name() + " --to PEER",
            e)
        : CoterieException.of(
            "COT-0714",
            ExitCode.PARTLY_DONE,
            "machine "
                + vm.name()
                + " is paused here: the target does not answer, and it may run there ("
                + reason
                + ")",
            "bring the target or the link back; this device keeps asking: coterie vm info "
                + vm.name(),
            e);
  }

  private void prepare(VmDefinition vm, boolean kvm, DeviceId target) throws IOException {
    MigrationWire.Request request =
        new MigrationWire.Request(Act.PREPARE, vm.uuid(), vm.name(), vm.encode(), kvm);
    MigrationWire.Answer answer = ask(target, request);
    if (answer.missing().isEmpty()) {
      return;
    }
    for (String digest : answer.missing()) {
      if (!digest.equals(vm.kernel()) && !digest.equals(vm.initrd())) {
        throw new IOException("the target asks for another file");
      }
      sendFile(digest, target);
    }
    if (!ask(target, request).missing().isEmpty()) {
      throw new IOException("the target did not take the boot files");
    }
  }

  private MigrationWire.Answer ask(DeviceId target, MigrationWire.Request request)
      throws IOException {
    return MigrationWire.Answer.decode(
        mesh.call(
            m -> m.call(target, MigrationWire.CONTROL_SERVICE, request.encode(), RPC_MILLIS)));
  }

  private void sendFile(String digest, DeviceId target) throws IOException {
    Path file = bootFiles.path(digest);
    try (Stream stream = open(target, MigrationWire.FILE_SERVICE);
        InputStream in = Files.newInputStream(file)) {
      byte[] head = new ByteWriter().text(digest).u64(Files.size(file)).toByteArray();
      stream.write(head, 0, head.length, STREAM_MILLIS);
      byte[] buffer = new byte[64 * 1024];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        stream.write(buffer, 0, count, STREAM_MILLIS);
      }
      stream.finish();
      if (stream.read(buffer, 0, 1, RPC_MILLIS) != 1) {
        throw new IOException("the target did not take a boot file");
      }
    }
  }

  private Stream open(DeviceId target, String service) throws IOException {
    return mesh.call(m -> m.open(target, service, StreamClass.BULK, STREAM_MILLIS));
  }

  private Stream openMemory(VmDefinition vm, DeviceId target) throws IOException {
    Stream stream = open(target, MigrationWire.MEMORY_SERVICE);
    byte[] head = new ByteWriter().text(vm.uuid()).toByteArray();
    stream.write(head, 0, head.length, STREAM_MILLIS);
    return stream;
  }

  private static void startMigration(Machine machine, Path socket) throws IOException {
    machine.command("migrate-set-capabilities", capabilities(true));
    machine.command(
        "migrate-set-parameters",
        QmpClient.object()
            .put("max-bandwidth", MAX_BANDWIDTH_BYTES)
            .put("downtime-limit", DOWNTIME_LIMIT_MILLIS));
    machine.command("migrate", QmpClient.object().put("uri", "unix:" + socket));
  }

  /** The capabilities that both ends must agree on; the source also pauses before the switch. */
  static ObjectNode capabilities(boolean source) {
    ObjectNode arguments = QmpClient.object();
    ArrayNode list = arguments.putArray("capabilities");
    add(list, "events");
    add(list, "late-block-activate");
    if (source) {
      add(list, "auto-converge");
      add(list, "pause-before-switchover");
    }
    return arguments;
  }

  private static void add(ArrayNode list, String capability) {
    list.addObject().put("capability", capability).put("state", true);
  }

  private void awaitPreSwitchover(Machine machine, long before, Progress progress)
      throws IOException {
    long end = clock.monotonicMillis() + TOTAL_MILLIS;
    long lastMoved = -1;
    long lastChange = clock.monotonicMillis();
    while (clock.monotonicMillis() < end) {
      progress.checkCancelled();
      Machine.Event event =
          machine.await(
              before,
              POLL_MILLIS,
              "MIGRATION:pre-switchover",
              "MIGRATION:failed",
              "MIGRATION:cancelled");
      if (event != null) {
        if (event.data().path("status").asText().equals("pre-switchover")) {
          return;
        }
        throw new IOException("QEMU gave the migration up: " + reason(machine));
      }
      JsonNode ram = machine.command("query-migrate").path("ram");
      long total = Math.max(1, ram.path("total").asLong());
      long moved = ram.path("transferred").asLong();
      long percent = 100 - 100 * ram.path("remaining").asLong() / total;
      progress.report("moving memory, " + (moved >> 20) + " MiB", (int) (5 + percent * 80 / 100));
      if (moved != lastMoved) {
        lastMoved = moved;
        lastChange = clock.monotonicMillis();
      } else if (clock.monotonicMillis() - lastChange > ACTIVE_SILENCE_MILLIS) {
        throw new IOException("no memory moved for " + ACTIVE_SILENCE_MILLIS + " ms");
      }
    }
    throw new IOException("the migration did not converge in " + TOTAL_MILLIS + " ms");
  }

  private static String reason(Machine machine) throws IOException {
    JsonNode state = machine.command("query-migrate");
    return state.path("error-desc").asText(state.path("status").asText("unknown"));
  }

  private void awaitRunning(VmDefinition vm, DeviceId target) throws IOException {
    MigrationWire.Request request =
        new MigrationWire.Request(Act.AWAIT_RUNNING, vm.uuid(), vm.name(), new byte[0], false);
    if (!ask(target, request).running()) {
      throw new IOException("the guest did not start at the target");
    }
  }

  /**
   * After a failure, at any time: decides where the guest runs and makes it so. The target gives
   * the machine up for good, or says that it runs there; without its word nothing is decided once
   * the switch had begun.
   *
   * @param machine null when the process here is gone: then "runs here" means that the stopped
   *     machine belongs here
   */
  Outcome settle(VmDefinition vm, Machine machine, MigrationJournal journal) {
    DeviceId target = DeviceId.parse(journal.other());
    DeviceId home = DeviceId.parse(vm.volumeHome());
    Boolean runsThere = abortAt(target, vm);
    // Before the switch the target cannot have run it, whatever it says.
    if (journal.step() == Step.SWITCHING) {
      if (runsThere == null) {
        return Outcome.UNKNOWN;
      }
      if (runsThere) {
        return Outcome.RUNS_THERE;
      }
    }
    try {
      boolean alive = machine != null && machine.process().alive();
      if (alive) {
        cancel(machine);
      }
      if (journal.step() == Step.SWITCHING) {
        grants.call(g -> g.takeBack(home, journal.oldExport(), journal.newExport()));
      }
      if (alive && !"running".equals(machine.runState())) {
        machine.command("cont");
      }
      revoke(home, journal.newExport());
      MigrationJournal.clear(store.directory(vm.name()));
      return Outcome.RUNS_HERE;
    } catch (IOException | RuntimeException e) {
      LOG.error("COT-0715 machine {} could not be resumed yet: {}", vm.name(), e.getMessage());
      return Outcome.UNKNOWN;
    }
  }

  /** True: it runs there. False: it is given up there, for good. Null: no answer. */
  private Boolean abortAt(DeviceId target, VmDefinition vm) {
    try {
      return ask(
              target,
              new MigrationWire.Request(Act.ABORT, vm.uuid(), vm.name(), new byte[0], false))
          .running();
    } catch (IOException | RuntimeException e) {
      LOG.warn("COT-0716 the target of {} does not answer: {}", vm.name(), e.getMessage());
      return null;
    }
  }

  private void cancel(Machine machine) throws IOException {
    machine.command("migrate_cancel");
    long end = clock.monotonicMillis() + QemuLimits.COMMAND_MILLIS;
    while (clock.monotonicMillis() < end) {
      String status = machine.command("query-migrate").path("status").asText("none");
      if (status.equals("none")
          || status.equals("cancelled")
          || status.equals("failed")
          || status.equals("completed")) {
        return;
      }
      Machine.sleep(POLL_MILLIS);
    }
  }

  private void revoke(DeviceId home, String export) {
    try {
      grants.call(
          g -> {
            g.revoke(home, export);
            return null;
          });
    } catch (IOException | RuntimeException e) {
      // A grant that is left over cannot write: another one is active.
      LOG.warn("COT-0717 an old grant could not be revoked: {}", e.getMessage());
    }
  }

  /** QEMU's own figures; right after the end it may still say zero. */
  private static JsonNode figures(Machine machine) {
    JsonNode state = QmpClient.object();
    try {
      state = machine.command("query-migrate");
      for (int i = 0; i < 20 && state.path("downtime").asLong() == 0; i++) {
        Machine.sleep(POLL_MILLIS / 2);
        state = machine.command("query-migrate");
      }
    } catch (IOException e) {
      LOG.warn("COT-0743 the figures of a migration are lost: {}", e.getMessage());
    }
    return state;
  }

  private static void closeQuietly(MemoryRelay relay) {
    try {
      if (relay != null) {
        relay.close();
      }
    } catch (IOException e) {
      LOG.debug("closing the relay", e);
    }
  }
}
