package io.coterie.vm.qemu.internal.command;

import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.Peers;
import io.coterie.ops.api.OperationInfo;
import io.coterie.ops.api.Operations;
import io.coterie.vm.api.MigrationReport;
import io.coterie.vm.api.VmService;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie vm migrate}. */
@Service
@Command(
    scope = "coterie",
    name = "vm-migrate",
    description = "Moves a running machine to another device without stopping it",
    detailedDescription = "Example: coterie vm migrate web --to laptop")
public final class VmMigrateCommand implements Action {
  private static final long WAIT_MILLIS = 900_000;

  @Argument(name = "name", description = "The machine's name", required = true)
  @Completion(MachineNames.class)
  String name;

  @Option(name = "--to", description = "The peer to move it to", required = true)
  String to;

  @Option(name = "--no-wait", description = "Return at once with the operation's id")
  boolean noWait;

  @Reference VmService machines;
  @Reference Peers peers;
  @Reference Operations operations;

  @Override
  public Object execute() throws Exception {
    DeviceId target = peers.named(to).id();
    machines.info(name);
    OperationInfo started =
        operations.start(
            "vm-migrate",
            name,
            progress -> {
              MigrationReport r = machines.migrate(name, target, progress);
              return "moved "
                  + name
                  + " to "
                  + to
                  + " total_ms="
                  + r.totalMillis()
                  + " downtime_ms="
                  + r.downtimeMillis()
                  + " moved_mib="
                  + (r.movedBytes() >> 20);
            });
    System.out.println(
        noWait
            ? started.id()
            : operations.follow(started.id(), WAIT_MILLIS, System.err::println).result());
    return null;
  }
}
