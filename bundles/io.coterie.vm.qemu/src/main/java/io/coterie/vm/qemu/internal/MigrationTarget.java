package io.coterie.vm.qemu.internal;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.seam.FaultPoints;
import io.coterie.base.seam.Threads;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.Stream;
import io.coterie.vm.qemu.internal.MigrationJournal.Role;
import io.coterie.vm.qemu.internal.MigrationJournal.Step;
import io.coterie.vm.qemu.internal.qmp.QmpClient;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Receives machines from other devices. */
final class MigrationTarget {
  private static final Logger LOG = LoggerFactory.getLogger(MigrationTarget.class);
  private static final long STREAM_MILLIS = 30_000;
  private static final long RUNNING_MILLIS = 30_000;
  private static final int HEAD_BYTES = 4;

  private final Hypervisor hypervisor;
  private final MachineStore store;
  private final BootFiles bootFiles;
  private final Map<String, Machine> running;
  private final Threads threads;
  private final FaultPoints faults;

  MigrationTarget(
      Hypervisor hypervisor,
      MachineStore store,
      BootFiles bootFiles,
      Map<String, Machine> running,
      Threads threads,
      FaultPoints faults) {
    this.hypervisor = hypervisor;
    this.store = store;
    this.bootFiles = bootFiles;
    this.running = running;
    this.threads = threads;
    this.faults = faults;
  }

  byte[] answer(DeviceId source, byte[] bytes) throws IOException {
    MigrationWire.Request request = MigrationWire.Request.decode(bytes);
    MigrationWire.Answer answer =
        switch (request.act()) {
          case PREPARE -> prepare(source, request);
          case AWAIT_RUNNING -> new MigrationWire.Answer(awaitRunning(source, request), List.of());
          case ABORT -> new MigrationWire.Answer(abort(source, request), List.of());
        };
    return answer.encode();
  }

  private synchronized MigrationWire.Answer prepare(DeviceId source, MigrationWire.Request request)
      throws IOException {
    VmDefinition vm = VmDefinition.decode(request.definition());
    if (vm.plain()) {
      throw QemuVmService.needsVolume(vm.name());
    }
    List<String> missing = new ArrayList<>();
    for (String digest : List.of(vm.kernel(), vm.initrd())) {
      if (!bootFiles.has(digest)) {
        missing.add(digest);
      }
    }
    if (!missing.isEmpty()) {
      return new MigrationWire.Answer(false, missing);
    }
    if (store.exists(vm.name())) {
      throw CoterieException.of(
          "COT-0718",
          ExitCode.REFUSED,
          "the target has a machine named '" + vm.name() + "' already",
          "coterie vm list (there)");
    }
    if (hypervisor.probe().kvm() != request.kvm()) {
      throw CoterieException.of(
          "COT-0719",
          ExitCode.REFUSED,
          "source and target run guests differently: "
              + (request.kvm() ? "kvm" : "tcg")
              + " here, "
              + (request.kvm() ? "tcg" : "kvm")
              + " there",
          "stop the machine and start it there");
    }
    if (store.names().size() >= QemuLimits.MAX_MACHINES) {
      throw CoterieException.of(
          "COT-0720", ExitCode.REFUSED, "the target has no room for a machine", "coterie vm list");
    }
    store.create(
        vm, new MigrationJournal(Role.TARGET, Step.PREPARED, source.toString(), "", vm.export()));
    faults.reach("migrate-target-created");
    try {
      Machine machine = hypervisor.start(vm, true);
      running.put(vm.name(), machine);
      machine.onResume(() -> arrived(vm.name()));
      machine.command("migrate-set-capabilities", MigrationSource.capabilities(false));
      faults.reach("migrate-target-prepared");
      return new MigrationWire.Answer(false, List.of());
    } catch (IOException | RuntimeException e) {
      discard(vm.name());
      throw e;
    }
  }

  /** A guest's memory arrives. Runs until the stream ends. */
  void receiveMemory(Stream stream) throws IOException {
    String uuid = text(stream, 64);
    VmDefinition vm = incoming(stream.peer(), uuid);
    Machine machine = running.get(vm.name());
    if (machine == null) {
      throw new IOException("machine " + vm.name() + " does not wait for its memory");
    }
    Path socket = store.directory(vm.name()).resolve("incoming.sock");
    Files.deleteIfExists(socket);
    machine.command("migrate-incoming", QmpClient.object().put("uri", "unix:" + socket));
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(socket));
      faults.reach("migrate-target-receiving");
      MemoryRelay.carry(channel, stream, threads);
      stream.awaitPeerEnd(STREAM_MILLIS);
    } finally {
      Files.deleteIfExists(socket);
    }
  }

  /** The machine that this source is sending here. */
  private VmDefinition incoming(DeviceId source, String uuid) throws IOException {
    for (String name : store.names()) {
      VmDefinition vm = readable(name);
      if (vm != null && vm.uuid().equals(uuid)) {
        MigrationJournal journal = MigrationJournal.read(store.directory(name));
        if (journal != null
            && journal.role() == Role.TARGET
            && journal.other().equals(source.toString())) {
          return vm;
        }
      }
    }
    throw new IOException("device " + source.shortForm() + " sends no machine " + uuid);
  }

  private VmDefinition readable(String name) {
    try {
      return store.read(name);
    } catch (CoterieException e) {
      return null; // damaged, or gone in this moment: not the one that is on its way
    }
  }

  /** A kernel or initial RAM disk arrives. */
  void receiveFile(Stream stream) throws IOException {
    String digest = text(stream, 64);
    long length = new ByteReader(exactly(stream, 8)).u64();
    String stored = bootFiles.store(new StreamInput(stream), length, digest);
    if (!stored.equals(digest)) {
      throw new IOException("a boot file was altered on its way");
    }
    stream.write(new byte[] {1}, 0, 1, STREAM_MILLIS);
    stream.finish();
    stream.awaitPeerEnd(STREAM_MILLIS);
  }

  private static String text(Stream stream, int maxBytes) throws IOException {
    long length = new ByteReader(exactly(stream, HEAD_BYTES)).u32();
    if (length > maxBytes) {
      throw new IOException("a text of " + length + " bytes");
    }
    return new String(exactly(stream, (int) length), java.nio.charset.StandardCharsets.UTF_8);
  }

  private static byte[] exactly(Stream stream, int count) throws IOException {
    byte[] bytes = new StreamInput(stream).readNBytes(count);
    if (bytes.length < count) {
      throw new EOFException("the stream is cut off");
    }
    return bytes;
  }

  /** A stream as Java's own kind. */
  private static final class StreamInput extends InputStream {
    private final Stream stream;

    StreamInput(Stream stream) {
      this.stream = stream;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      return length == 0 ? 0 : stream.read(target, offset, length, STREAM_MILLIS);
    }
  }

  private boolean awaitRunning(DeviceId source, MigrationWire.Request request) throws IOException {
    VmDefinition vm = known(source, request);
    if (vm == null) {
      return false;
    }
    Machine machine = running.get(vm.name());
    if (machine == null) {
      return false;
    }
    if (machine.resumed() || machine.await(0, RUNNING_MILLIS, "RESUME") != null) {
      arrived(vm.name());
      return true;
    }
    return false;
  }

  /** The machine, if it came from this source: on its way, or arrived. */
  private VmDefinition known(DeviceId source, MigrationWire.Request request) throws IOException {
    if (!store.exists(request.name())) {
      return null;
    }
    VmDefinition vm = store.read(request.name());
    MigrationJournal journal = MigrationJournal.read(store.directory(request.name()));
    boolean fromThere = journal == null || journal.other().equals(source.toString());
    return vm.uuid().equals(request.uuid()) && fromThere ? vm : null;
  }

  /** Gives a machine up, unless its guest runs here already. Returns whether it runs. */
  private synchronized boolean abort(DeviceId source, MigrationWire.Request request)
      throws IOException {
    VmDefinition vm = known(source, request);
    if (vm == null) {
      return false;
    }
    if (MigrationJournal.read(store.directory(vm.name())) == null) {
      return true; // it arrived and belongs to this device
    }
    Machine machine = running.get(vm.name());
    if (machine == null) {
      if (neverRan(vm.name())) {
        discard(vm.name());
        return false;
      }
      throw CoterieException.of(
          "COT-0741",
          ExitCode.FAILED,
          "it is not known whether " + vm.name() + " ran at the target: its process ended unseen",
          "look at the guest's disk and log there, then vm start it, or vm rm it there");
    }
    if (machine.resumed()) {
      arrived(vm.name());
      return true;
    }
    discard(vm.name());
    if (machine.resumed()) {
      throw CoterieException.of(
          "COT-0741",
          ExitCode.FAILED,
          vm.name() + " began to run at the target in the moment it was given up",
          "vm start " + vm.name());
    }
    return false;
  }

  /** QEMU's own word that an incoming machine ended before its guest ran. */
  boolean neverRan(String name) {
    Path log = store.directory(name).resolve("qemu.log");
    try {
      return !Files.exists(log) || Files.readString(log).contains("load of migration failed");
    } catch (IOException e) {
      return false;
    }
  }

  /** The guest runs here: from now on the machine is this device's own. */
  void arrived(String name) {
    faults.reach("migrate-target-resumed");
    try {
      MigrationJournal.clear(store.directory(name));
      faults.reach("migrate-target-arrived");
      LOG.info("COT-0721 machine {} runs here now", name);
    } catch (IOException e) {
      LOG.error("COT-0742 the arrival of machine {} could not be noted", name, e);
    }
  }

  /** Kills an incoming machine's process for good and forgets it. */
  void discard(String name) {
    Machine machine = running.remove(name);
    if (machine != null && !machine.process().kill(QemuLimits.QUIT_MILLIS)) {
      throw CoterieException.of(
          "COT-0722",
          ExitCode.FAILED,
          "process " + machine.process().pid() + " of " + name + " cannot be ended",
          "kill -9 " + machine.process().pid());
    }
    if (machine != null) {
      machine.disconnect();
    }
    store.delete(name);
  }
}
