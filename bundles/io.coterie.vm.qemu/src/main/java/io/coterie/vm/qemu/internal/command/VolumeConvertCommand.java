package io.coterie.vm.qemu.internal.command;

import io.coterie.ops.api.OperationInfo;
import io.coterie.ops.api.Operations;
import io.coterie.vm.api.VmInfo;
import io.coterie.vm.api.VmService;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie volume convert}. */
@Service
@Command(
    scope = "coterie",
    name = "volume-convert",
    description = "Brings the plain disk of a machine into an encrypted volume",
    detailedDescription = "Example: coterie volume convert old-web")
public final class VolumeConvertCommand implements Action {
  private static final long WAIT_MILLIS = 24 * 3_600_000L;

  @Argument(name = "machine", description = "A stopped machine with a plain disk", required = true)
  @Completion(MachineNames.class)
  String name;

  @Option(name = "--plan", description = "Only say what would happen")
  boolean plan;

  @Option(name = "--remove-backup", description = "Delete the plain disk that was kept")
  boolean removeBackup;

  @Option(name = "--no-wait", description = "Return at once with the operation's id")
  boolean noWait;

  @Reference VmService machines;
  @Reference Operations operations;

  @Override
  public Object execute() throws Exception {
    if (plan) {
      System.out.println(planned());
    } else if (removeBackup) {
      machines.removeBackup(name);
      System.out.println("the plain disk of " + name + " is deleted");
    } else {
      OperationInfo started =
          operations.start("volume-convert", name, progress -> machines.convert(name, progress));
      System.out.println(
          noWait
              ? started.id()
              : operations.follow(started.id(), WAIT_MILLIS, System.err::println).result());
    }
    return null;
  }

  private String planned() {
    VmInfo vm = machines.info(name);
    return vm.volume().isEmpty()
        ? "keep the plain disk of "
            + name
            + " as a backup; copy it into a new encrypted volume "
            + name
            + "; compare every block; then let the machine use the volume. It must be stopped"
        : "nothing: the disk of " + name + " is in encrypted volume " + vm.volume();
  }
}
