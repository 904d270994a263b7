package io.coterie.vm.qemu.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.table.Table;
import io.coterie.mesh.api.LocalIdentity;
import io.coterie.vm.api.VmInfo;
import io.coterie.vm.api.VmService;
import io.coterie.volume.api.VolumeInfo;
import io.coterie.volume.api.VolumeService;
import java.util.Locale;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** {@code coterie vm info}. */
@Service
@Command(
    scope = "coterie",
    name = "vm-info",
    description = "Shows one machine",
    detailedDescription = "Example: coterie vm info web -o json")
public final class VmInfoCommand implements Action {
  @Argument(name = "name", description = "The machine's name", required = true)
  @Completion(MachineNames.class)
  String name;

  @Option(name = "-o", description = "Output format: table, json or csv")
  @Completion(
      value = StringsCompleter.class,
      values = {"table", "json", "csv"})
  String output = "table";

  @Reference VmService machines;
  @Reference LocalIdentity identity;

  @Reference(optional = true)
  VolumeService volumes;

  @Override
  public Object execute() {
    VmInfo vm = machines.info(name);
    VolumeInfo volume = volumeHere(vm);
    new Table(
            "machine",
            "name",
            "uuid",
            "state",
            "memory_mib",
            "cpus",
            "accelerator",
            "pid",
            "volume",
            "volume_home",
            "storage_encryption",
            "cipher",
            "key_wrap",
            "key_id",
            "io_errors",
            "note")
        .row(
            vm.name(),
            vm.uuid(),
            vm.state().name().toLowerCase(Locale.ROOT),
            vm.memoryMebibytes(),
            vm.cpus(),
            vm.accelerator(),
            vm.pid() == 0 ? null : vm.pid(),
            vm.volume().isEmpty() ? null : vm.volume(),
            vm.volumeHome().toString(),
            vm.volume().isEmpty() ? "NONE (plain qcow2)" : "ENABLED (PQC)",
            volume == null ? null : volume.cipher(),
            vm.volume().isEmpty() ? null : "X25519+ML-KEM-1024",
            volume == null ? null : volume.keyId(),
            vm.ioErrors(),
            vm.note())
        .print(System.out, output);
    return null;
  }

  /** Null when it is plain, on another device, or cannot be asked just now. */
  private VolumeInfo volumeHere(VmInfo vm) {
    boolean here = identity.id().equals(vm.volumeHome());
    if (vm.volume().isEmpty() || !here || volumes == null) {
      return null;
    }
    try {
      return volumes.info(vm.volume());
    } catch (CoterieException e) {
      return null; // a machine whose volume is damaged or gone is shown all the same
    }
  }
}
