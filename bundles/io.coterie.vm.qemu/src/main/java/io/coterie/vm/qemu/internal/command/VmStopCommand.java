package io.coterie.vm.qemu.internal.command;

import io.coterie.vm.api.VmService;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie vm stop}. */
@Service
@Command(
    scope = "coterie",
    name = "vm-stop",
    description = "Stops a machine: asks its guest first, then switches it off",
    detailedDescription = "Example: coterie vm stop web --grace 60")
public final class VmStopCommand implements Action {
  @Argument(name = "name", description = "The machine's name", required = true)
  @Completion(MachineNames.class)
  String name;

  @Option(
      name = "--grace",
      description = "Seconds that the guest may take to shut down; 0 switches off at once")
  int graceSeconds = 20;

  @Reference VmService machines;

  @Override
  public Object execute() {
    machines.stop(name, graceSeconds * 1000L);
    System.out.println("stopped " + name);
    return null;
  }
}
