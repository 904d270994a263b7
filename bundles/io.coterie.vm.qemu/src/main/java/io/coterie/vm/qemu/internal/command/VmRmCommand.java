package io.coterie.vm.qemu.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.vm.api.VmService;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie vm rm}. */
@Service
@Command(
    scope = "coterie",
    name = "vm-rm",
    description = "Deletes a stopped machine and its disk, for good",
    detailedDescription = "Example: coterie vm rm web --yes")
public final class VmRmCommand implements Action {
  @Argument(name = "name", description = "The machine's name", required = true)
  @Completion(MachineNames.class)
  String name;

  @Option(name = "--yes", description = "Do it: the disk cannot be brought back")
  boolean yes;

  @Reference VmService machines;

  @Override
  public Object execute() {
    machines.info(name);
    if (!yes) {
      throw CoterieException.of(
          "COT-0739",
          ExitCode.USAGE,
          "this deletes machine " + name + " and its disk for good",
          "coterie vm rm " + name + " --yes");
    }
    machines.delete(name);
    System.out.println("deleted " + name);
    return null;
  }
}
