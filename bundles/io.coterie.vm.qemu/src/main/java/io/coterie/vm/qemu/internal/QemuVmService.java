package io.coterie.vm.qemu.internal;

import io.coterie.base.device.DeviceHome;
import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.hot.HotRef;
import io.coterie.base.name.Names;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.FaultPoints;
import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.base.seam.SystemFaultPoints;
import io.coterie.base.seam.SystemThreads;
import io.coterie.base.seam.Threads;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.LocalIdentity;
import io.coterie.mesh.api.MeshService;
import io.coterie.ops.api.Progress;
import io.coterie.vm.api.MigrationReport;
import io.coterie.vm.api.VmInfo;
import io.coterie.vm.api.VmService;
import io.coterie.vm.api.VmSpec;
import io.coterie.vm.api.VmState;
import io.coterie.volume.api.ExportService;
import io.coterie.volume.api.Grant;
import io.coterie.volume.api.GrantService;
import io.coterie.volume.api.ImageService;
import io.coterie.volume.api.VolumeService;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Machines by QEMU. Their processes outlive this service and the JVM: they are left running when it
 * stops, and adopted again when it starts.
 */
@Component(
    service = {VmService.class, QemuVmService.class},
    configurationPid = "io.coterie.vm")
public final class QemuVmService implements VmService {
  private static final Logger LOG = LoggerFactory.getLogger(QemuVmService.class);
  private static final long WAIT_MILLIS = 15_000;
  private static final long DRAIN_MILLIS = 5_000;

  private final LocalIdentity identity;
  private final HotRef<VolumeService> volumes = new HotRef<>("volume", WAIT_MILLIS);
  private final HotRef<GrantService> grants = new HotRef<>("volume grant", WAIT_MILLIS);
  private final HotRef<ExportService> exports = new HotRef<>("volume export", WAIT_MILLIS);
  private final HotRef<ImageService> images = new HotRef<>("image", WAIT_MILLIS);
  private final HotRef<MeshService> mesh = new HotRef<>("mesh", WAIT_MILLIS);
  private final Map<String, Machine> running = new ConcurrentHashMap<>();
  private final MachineLocks locks = new MachineLocks();
  private final MachineStore store;
  private final Hypervisor hypervisor;
  private final MachineCreation creation;
  private final DiskConversion conversion;
  private final MigrationSource source;
  private final MigrationTarget target;
  private final Adoption adoption;
  private volatile boolean encryptedByDefault = true;

  /** {@code config/io.coterie.vm.cfg} of a device. */
  @interface Config {
    /** False to give all new machines plain disks. */
    boolean storage_encryption_enabled() default true;
  }

  @Activate
  public QemuVmService(@Reference LocalIdentity identity, Config config) throws IOException {
    this(
        DeviceHome.ofThisProcess(),
        identity,
        new SystemEntropy(),
        new SystemThreads(),
        new SystemClock(),
        new SystemFaultPoints());
    configure(config);
  }

  @Modified
  void configure(Config config) {
    encryptedByDefault = config.storage_encryption_enabled();
  }

  QemuVmService(
      DeviceHome home,
      LocalIdentity identity,
      Entropy entropy,
      Threads threads,
      Clock clock,
      FaultPoints faults)
      throws IOException {
    this.identity = identity;
    this.store = new MachineStore(home.directory("vms"), home.directory("log"));
    BootFiles bootFiles = new BootFiles(home.directory("boot"));
    this.hypervisor =
        new Hypervisor(home.directory("run"), identity, exports, bootFiles, store, threads, clock);
    this.creation = new MachineCreation(identity, volumes, store, bootFiles, images, entropy);
    this.conversion = new DiskConversion(volumes, images, store, faults);
    this.source = new MigrationSource(mesh, grants, store, bootFiles, threads, clock, faults);
    this.target = new MigrationTarget(hypervisor, store, bootFiles, running, threads, faults);
    this.adoption = new Adoption(store, hypervisor, running, source, target, clock);
    threads.start("vm-adopt", adoption::run);
  }

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindVolumes(VolumeService service) {
    volumes.bind(service);
  }

  void unbindVolumes(VolumeService service) {
    drained(volumes.unbind(service, DRAIN_MILLIS));
  }

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindGrants(GrantService service) {
    grants.bind(service);
  }

  void unbindGrants(GrantService service) {
    drained(grants.unbind(service, DRAIN_MILLIS));
  }

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindExports(ExportService service) {
    exports.bind(service);
    adoption.wake();
  }

  void unbindExports(ExportService service) {
    drained(exports.unbind(service, DRAIN_MILLIS));
  }

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindImages(ImageService service) {
    images.bind(service);
  }

  void unbindImages(ImageService service) {
    drained(images.unbind(service, DRAIN_MILLIS));
  }

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindMesh(MeshService service) {
    mesh.bind(service);
  }

  void unbindMesh(MeshService service) {
    drained(mesh.unbind(service, DRAIN_MILLIS));
  }

  private static void drained(boolean drained) {
    if (!drained) {
      LOG.warn("COT-0724 a service left while machines were using it");
    }
  }

  MigrationTarget target() {
    return target;
  }

  KvmProbe.Finding probe() {
    return hypervisor.probe();
  }

  @Override
  public VmInfo create(VmSpec spec, Progress progress) {
    Names.check("machine", spec.name());
    try (MachineLocks.Claim claim = locks.claim(spec.name(), "created")) {
      creation.create(encryptedByDefault ? spec : spec.withPlainDisk(), progress);
      return info(spec.name());
    }
  }

  @Override
  public List<VmInfo> list() {
    return store.names().stream().map(this::infoOrDamage).toList();
  }

  /** One machine whose definition is damaged must not hide the others. */
  private VmInfo infoOrDamage(String name) {
    try {
      return info(name);
    } catch (CoterieException e) {
      return new VmInfo(name, "", VmState.DAMAGED, 0, 0, "", identity.id(), null, 0, 0, e.what());
    }
  }

  @Override
  public VmInfo info(String name) {
    VmDefinition vm = store.read(name);
    Machine machine = running.get(name);
    String note = adoption.note(name);
    VmState unseen = adoption.settling(name) ? VmState.SETTLING : VmState.STOPPED;
    VmState state = machine == null ? unseen : machine.state();
    if (note != null && state == VmState.PAUSED) {
      state = VmState.IN_DOUBT;
    }
    return new VmInfo(
        name,
        vm.uuid(),
        state,
        vm.memoryMebibytes(),
        vm.cpus(),
        vm.plain() ? "" : vm.volume(),
        DeviceId.parse(vm.volumeHome()),
        machine == null ? null : machine.kvm() ? "kvm" : "tcg",
        machine == null || !machine.process().alive() ? 0 : machine.process().pid(),
        machine == null ? 0 : machine.ioErrors(),
        note == null ? conversion.note(vm) : note);
  }

  @Override
  public VmInfo start(String name) {
    try (MachineLocks.Claim claim = locks.claim(name, "started")) {
      adoption.awaitSettled(name);
      VmDefinition vm = store.read(name);
      Machine old = running.get(name);
      if (old != null && old.process().alive() && old.state() != VmState.STOPPED) {
        throw CoterieException.of(
            "COT-0725",
            ExitCode.REFUSED,
            "machine " + name + " runs already",
            "coterie vm info " + name);
      }
      if (old != null) {
        old.quit();
        running.remove(name);
      }
      VmDefinition granted = withGrant(vm);
      Machine machine = hypervisor.start(granted, false);
      running.put(name, machine);
      return info(name);
    } catch (IOException e) {
      throw CoterieException.of(
          "COT-0726",
          ExitCode.FAILED,
          "machine " + name + " could not be started: " + e.getMessage(),
          "coterie doctor",
          e);
    }
  }

  /** The definition with a name under which the volume may be written. */
  private VmDefinition withGrant(VmDefinition vm) throws IOException {
    if (vm.plain()) {
      return vm;
    }
    DeviceId home = DeviceId.parse(vm.volumeHome());
    if (vm.export().isEmpty()) {
      String holder = "machine " + vm.name();
      Grant grant = volumes.call(v -> v.issue(vm.volume(), holder));
      VmDefinition granted = vm.withExport(grant.export());
      store.update(granted);
      volumes.call(v -> v.activate(grant.export()));
      return granted;
    }
    grants.call(g -> g.activate(home, vm.export()));
    return vm;
  }

  @Override
  public VmInfo stop(String name, long graceMillis) {
    try (MachineLocks.Claim claim = locks.claim(name, "stopped")) {
      adoption.awaitSettled(name);
      store.read(name);
      Machine machine = running.get(name);
      if (machine == null) {
        throw CoterieException.of(
            "COT-0727",
            ExitCode.REFUSED,
            "machine " + name + " does not run",
            "coterie vm start " + name);
      }
      if (graceMillis > 0 && machine.process().alive()) {
        long before = machine.lastEvent();
        machine.command("system_powerdown");
        machine.await(before, graceMillis, "SHUTDOWN");
      }
      if (!machine.quit()) {
        throw CoterieException.of(
            "COT-0722",
            ExitCode.FAILED,
            "process " + machine.process().pid() + " of " + name + " cannot be ended",
            "kill -9 " + machine.process().pid());
      }
      running.remove(name);
      return info(name);
    } catch (IOException e) {
      throw CoterieException.of(
          "COT-0728",
          ExitCode.FAILED,
          "machine " + name + " could not be stopped: " + e.getMessage(),
          "coterie vm stop " + name + " --grace 0",
          e);
    }
  }

  @Override
  public void delete(String name) {
    try (MachineLocks.Claim claim = locks.claim(name, "deleted")) {
      adoption.awaitSettled(name);
      VmDefinition vm = store.read(name);
      Machine machine = running.get(name);
      if (machine != null && machine.process().alive()) {
        throw CoterieException.of(
            "COT-0729", ExitCode.REFUSED, "machine " + name + " runs", "coterie vm stop " + name);
      }
      running.remove(name);
      if (!vm.plain() && identity.is(DeviceId.parse(vm.volumeHome()))) {
        volumes.call(
            v -> {
              v.deleteOwn(vm.volume(), vm.export());
              return null;
            });
      }
      store.delete(name);
    }
  }

  @Override
  public String convert(String name, Progress progress) {
    try (MachineLocks.Claim claim = locks.claim(name, "converted")) {
      adoption.awaitSettled(name);
      VmDefinition vm = store.read(name);
      Machine machine = running.get(name);
      if (machine != null && machine.process().alive()) {
        throw CoterieException.of(
            "COT-0729", ExitCode.REFUSED, "machine " + name + " runs", "coterie vm stop " + name);
      }
      return conversion.run(vm, progress);
    }
  }

  @Override
  public void removeBackup(String name) {
    try (MachineLocks.Claim claim = locks.claim(name, "rid of its backup")) {
      conversion.removeBackup(store.read(name));
    }
  }

  static CoterieException needsVolume(String name) {
    return CoterieException.of(
        "COT-0745",
        ExitCode.REFUSED,
        "the disk of " + name + " is a plain file, which does not move",
        "coterie volume convert " + name);
  }

  @Override
  public MigrationReport migrate(String name, DeviceId to, Progress progress) {
    try (MachineLocks.Claim claim = locks.claim(name, "migrated")) {
      adoption.awaitSettled(name);
      VmDefinition vm = store.read(name);
      Machine machine = running.get(name);
      if (machine == null || machine.state() != VmState.RUNNING) {
        throw CoterieException.of(
            "COT-0727",
            ExitCode.REFUSED,
            "machine " + name + " does not run",
            "coterie vm start " + name);
      }
      if (vm.plain()) {
        throw needsVolume(name);
      }
      if (identity.is(to)) {
        throw CoterieException.of(
            "COT-0730",
            ExitCode.USAGE,
            "machine " + name + " is here already",
            "coterie peer list");
      }
      try {
        MigrationReport report = source.run(vm, machine, to, progress);
        running.remove(name);
        return report;
      } catch (CoterieException e) {
        if (e.code().equals("COT-0714")) {
          adoption.keepAsking(name);
        }
        throw e;
      }
    } catch (IOException e) {
      throw CoterieException.of(
          "COT-0731",
          ExitCode.FAILED,
          "machine " + name + " was not moved: " + e.getMessage(),
          "coterie vm info " + name,
          e);
    }
  }

  @Override
  public Path serialLog(String name) {
    store.read(name);
    return store.files(name).serialLog();
  }

  @Override
  public Path serialSocket(String name) {
    store.read(name);
    return store.files(name).serial();
  }

  /** Lets the processes run on. */
  @Deactivate
  void close() {
    adoption.stop();
    running.values().forEach(Machine::disconnect);
    running.clear();
  }
}
