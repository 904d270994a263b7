package io.coterie.vm.qemu.internal.command;

import io.coterie.base.table.Table;
import io.coterie.vm.api.VmInfo;
import io.coterie.vm.api.VmService;
import java.util.Locale;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** {@code coterie vm list}. */
@Service
@Command(
    scope = "coterie",
    name = "vm-list",
    description = "Lists the machines of this device",
    detailedDescription = "Example: coterie vm list -o json")
public final class VmListCommand implements Action {
  @Option(name = "-o", description = "Output format: table, json or csv")
  @Completion(
      value = StringsCompleter.class,
      values = {"table", "json", "csv"})
  String output = "table";

  @Reference VmService machines;

  @Override
  public Object execute() {
    Table table =
        new Table(
            "machines", "name", "state", "memory_mib", "cpus", "accelerator", "pid", "volume_home");
    for (VmInfo vm : machines.list()) {
      table.row(
          vm.name(),
          vm.state().name().toLowerCase(Locale.ROOT),
          vm.memoryMebibytes(),
          vm.cpus(),
          vm.accelerator(),
          vm.pid() == 0 ? null : vm.pid(),
          vm.volumeHome().shortForm());
    }
    table.print(System.out, output);
    return null;
  }
}
