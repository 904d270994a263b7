package io.coterie.vm.qemu.internal.command;

import io.coterie.vm.api.VmInfo;
import io.coterie.vm.api.VmService;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie vm start}. */
@Service
@Command(
    scope = "coterie",
    name = "vm-start",
    description = "Starts a machine",
    detailedDescription = "Example: coterie vm start web")
public final class VmStartCommand implements Action {
  @Argument(name = "name", description = "The machine's name", required = true)
  @Completion(MachineNames.class)
  String name;

  @Reference VmService machines;

  @Override
  public Object execute() {
    VmInfo vm = machines.start(name);
    System.out.println("started " + name + " under " + vm.accelerator() + ", process " + vm.pid());
    return null;
  }
}
