package io.coterie.vm.qemu.internal.command;

import io.coterie.base.name.Sizes;
import io.coterie.ops.api.OperationInfo;
import io.coterie.ops.api.Operations;
import io.coterie.vm.api.VmInfo;
import io.coterie.vm.api.VmService;
import io.coterie.vm.api.VmSpec;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.FileCompleter;

/** {@code coterie vm create}. */
@Service
@Command(
    scope = "coterie",
    name = "vm-create",
    description = "Creates a machine with an encrypted disk, importing an image if given",
    detailedDescription = "Example: coterie vm create web --image web.qcow2 --memory 2G")
public final class VmCreateCommand implements Action {
  private static final long WAIT_MILLIS = 3_600_000;

  @Argument(name = "name", description = "The new machine's name", required = true)
  String name;

  @Option(name = "--image", description = "An image to import: qcow2, raw, vmdk, vhdx")
  @Completion(FileCompleter.class)
  String image;

  @Option(
      name = "--disk",
      description = "The size of the disk, if larger than the image or without one")
  String disk;

  @Option(name = "--plain", description = "A plain QCOW2 file as its disk, without encryption")
  boolean plain;

  @Option(name = "--memory", description = "Its memory, for instance 2G")
  String memory = "512M";

  @Option(name = "--cpus", description = "Its processors")
  int cpus = 1;

  @Option(name = "--kernel", description = "A kernel to boot directly")
  @Completion(FileCompleter.class)
  String kernel;

  @Option(name = "--initrd", description = "An initial RAM disk for it")
  @Completion(FileCompleter.class)
  String initrd;

  @Option(name = "--append", description = "The kernel's command line")
  String append = "";

  @Option(name = "--no-wait", description = "Return at once with the operation's id")
  boolean noWait;

  @Reference VmService machines;
  @Reference Operations operations;

  @Override
  public Object execute() throws Exception {
    VmSpec spec =
        new VmSpec(
            name,
            (int) Math.min(Integer.MAX_VALUE, Sizes.parse(memory) >> 20),
            cpus,
            image,
            disk == null ? 0 : Sizes.parse(disk),
            plain,
            kernel,
            initrd,
            append);
    OperationInfo started =
        operations.start(
            "vm-create",
            name,
            progress -> {
              VmInfo made = machines.create(spec, progress);
              return "created "
                  + made.name()
                  + (made.volume().isEmpty()
                      ? ", disk in a plain file: coterie volume convert " + made.name()
                      : ", disk in encrypted volume " + made.volume());
            });
    System.out.println(
        noWait
            ? started.id()
            : operations.follow(started.id(), WAIT_MILLIS, System.err::println).result());
    return null;
  }
}
