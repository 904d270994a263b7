package io.coterie.vm.qemu.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.hot.HotRef;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.Threads;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.LocalIdentity;
import io.coterie.volume.api.ExportService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts QEMU processes and finds running ones again. Thread-safe. */
final class Hypervisor {
  private static final Logger LOG = LoggerFactory.getLogger(Hypervisor.class);
  private static final String BINARY = "qemu-system-x86_64";

  private final Path runDirectory;
  private final LocalIdentity identity;
  private final HotRef<ExportService> exports;
  private final BootFiles bootFiles;
  private final MachineStore store;
  private final Threads threads;
  private final Clock clock;
  private KvmProbe.Finding probed;

  Hypervisor(
      Path runDirectory,
      LocalIdentity identity,
      HotRef<ExportService> exports,
      BootFiles bootFiles,
      MachineStore store,
      Threads threads,
      Clock clock) {
    this.runDirectory = runDirectory;
    this.identity = identity;
    this.exports = exports;
    this.bootFiles = bootFiles;
    this.store = store;
    this.threads = threads;
    this.clock = clock;
  }

  /** Whether KVM runs guests here; found out once. */
  synchronized KvmProbe.Finding probe() {
    if (probed == null) {
      probed = KvmProbe.run(binary(), runDirectory);
      LOG.info("COT-0709 KVM probe: {} ({})", probed.kvm() ? "kvm" : "tcg", probed.why());
    }
    return probed;
  }

  /** The binary's path; a machine without QEMU says so in words. */
  static String binary() {
    for (String directory : String.valueOf(System.getenv("PATH")).split(":")) {
      Path candidate = Path.of(directory.isEmpty() ? "." : directory, BINARY);
      if (Files.isExecutable(candidate)) {
        return candidate.toString();
      }
    }
    throw CoterieException.of(
        "COT-0710",
        ExitCode.FAILED,
        BINARY + " is not installed",
        "apt-get install qemu-system-x86 qemu-utils");
  }

  private QemuCommandLine.Disk disk(VmDefinition vm) throws IOException {
    return vm.plain()
        ? new QemuCommandLine.Disk.PlainFile(store.plainDisk(vm.name()))
        : new QemuCommandLine.Disk.Volume(nbdSocket(vm));
  }

  /** The local socket behind which a machine's volume stands. */
  Path nbdSocket(VmDefinition vm) throws IOException {
    DeviceId home = DeviceId.parse(vm.volumeHome());
    return identity.is(home)
        ? exports.call(ExportService::localSocket)
        : exports.call(e -> e.remoteSocket(home));
  }

  /** Starts a machine's process and connects to it. */
  Machine start(VmDefinition vm, boolean incoming) throws IOException {
    Path directory = store.directory(vm.name());
    QemuCommandLine.Sockets files = store.files(vm.name());
    boolean kvm = probe().kvm();
    Files.deleteIfExists(files.qmp());
    Files.deleteIfExists(files.serial());
    List<String> line =
        QemuCommandLine.of(
            binary(),
            vm,
            kvm,
            disk(vm),
            files,
            vm.kernel().isEmpty() ? null : bootFiles.path(vm.kernel()),
            vm.initrd().isEmpty() ? null : bootFiles.path(vm.initrd()),
            incoming);
    Path log = directory.resolve("qemu.log");
    Process process =
        new ProcessBuilder(line)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .redirectInput(Path.of("/dev/null").toFile())
            .start();
    QemuProcess qemu = QemuProcess.of(process.toHandle());
    try {
      return Machine.connect(vm.name(), qemu, kvm, files.qmp(), log, threads, clock);
    } catch (IOException e) {
      qemu.kill(QemuLimits.QUIT_MILLIS);
      throw e;
    }
  }

  /** The running process of a machine, if it outlived the JVM that started it. */
  Optional<Machine> adopt(VmDefinition vm) throws IOException {
    Path directory = store.directory(vm.name());
    QemuCommandLine.Sockets files = store.files(vm.name());
    Optional<QemuProcess> process = QemuProcess.find(files.pidFile(), vm.uuid());
    if (process.isEmpty()) {
      return Optional.empty();
    }
    nbdSocket(vm); // its socket must be served before the guest's patience ends
    Machine machine =
        Machine.connect(
            vm.name(),
            process.get(),
            process.get().kvm(),
            files.qmp(),
            directory.resolve("qemu.log"),
            threads,
            clock);
    String uuid = machine.command("query-uuid").path("UUID").asText();
    if (!uuid.equals(vm.uuid())) {
      machine.disconnect();
      throw new IOException("process " + process.get().pid() + " is machine " + uuid);
    }
    LOG.info("COT-0711 adopted machine {}, process {}", vm.name(), process.get().pid());
    return Optional.of(machine);
  }
}
