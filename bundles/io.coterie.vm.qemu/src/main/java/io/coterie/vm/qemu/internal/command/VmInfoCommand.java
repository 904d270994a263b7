package io.coterie.vm.qemu.internal.command;

import io.coterie.base.table.Table;
import io.coterie.vm.api.VmInfo;
import io.coterie.vm.api.VmService;
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

  @Override
  public Object execute() {
    VmInfo vm = machines.info(name);
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
            vm.ioErrors(),
            vm.note())
        .print(System.out, output);
    return null;
  }
}
