package io.coterie.vm.qemu.internal;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Puts QEMU's command line together. Pure. Addresses are fixed, so that both ends of a migration
 * agree.
 */
final class QemuCommandLine {
  private QemuCommandLine() {}

  /** Where a disk is. */
  sealed interface Disk {
    /** Behind a local socket. */
    record Volume(Path nbdSocket) implements Disk {}

    /** In a QCOW2 file. */
    record PlainFile(Path file) implements Disk {}
  }

  /** The files of one running machine. */
  record Sockets(Path qmp, Path serial, Path serialLog, Path pidFile) {
    /**
     * The files of a machine.
     *
     * @param logs where serial logs are kept: they stay when the machine has moved away
     */
    static Sockets in(Path directory, Path logs) {
      return new Sockets(
          directory.resolve("qmp.sock"),
          directory.resolve("serial.sock"),
          logs.resolve("vm-" + directory.getFileName() + ".serial.log"),
          directory.resolve("qemu.pid"));
    }
  }

  /**
   * The command line.
   *
   * @param disk where the disk is
   * @param kernel may be null
   * @param initrd may be null
   * @param incoming true to wait for a migration
   */
  static List<String> of(
      String binary,
      VmDefinition vm,
      boolean kvm,
      Disk disk,
      Sockets files,
      Path kernel,
      Path initrd,
      boolean incoming) {
    List<String> line = new ArrayList<>();
    add(line, binary, "-name", "guest=" + vm.name() + ",debug-threads=off", "-uuid", vm.uuid());
    add(line, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot");
    add(line, "-machine", vm.machine() + ",accel=" + (kvm ? "kvm" : "tcg"));
    add(line, "-cpu", kvm ? "host" : "max");
    add(line, "-m", memoryKibibytes(vm, kvm) + "K", "-smp", String.valueOf(vm.cpus()));
    add(line, "-pidfile", files.pidFile().toString());
    add(line, "-qmp", "unix:" + escape(files.qmp()) + ",server=on,wait=off");
    add(
        line,
        "-chardev",
        "socket,id=serial0,path="
            + escape(files.serial())
            + ",server=on,wait=off,logfile="
            + escape(files.serialLog())
            + ",logappend=on");
    add(line, "-serial", "chardev:serial0");
    add(line, "-blockdev", blockdev(vm, disk));
    add(
        line,
        "-device",
        "virtio-blk-pci,id=disk0,drive=volume,bus=pcie.0,addr=0x3,werror=stop,rerror=stop"
            + (vm.kernel().isEmpty() ? ",bootindex=1" : ""));
    add(line, "-device", "virtio-rng-pci,id=rng0,bus=pcie.0,addr=0x4");
    add(line, "-netdev", "user,id=net0,restrict=on");
    add(
        line,
        "-device",
        "virtio-net-pci,id=nic0,netdev=net0,bus=pcie.0,addr=0x5,romfile=,mac=" + vm.macAddress());
    if (kernel != null) {
      add(line, "-kernel", kernel.toString());
      if (initrd != null) {
        add(line, "-initrd", initrd.toString());
      }
      if (!vm.append().isEmpty()) {
        add(line, "-append", vm.append());
      }
    }
    if (incoming) {
      add(line, "-incoming", "defer");
    }
    return line;
  }

  private static String blockdev(VmDefinition vm, Disk disk) {
    if (disk instanceof Disk.PlainFile plain) {
      return "driver=qcow2,node-name=volume,discard=unmap,detect-zeroes=unmap,file.driver=file,"
          + "file.filename="
          + escape(plain.file());
    }
    return "driver=nbd,node-name=volume,server.type=unix,server.path="
        + escape(((Disk.Volume) disk).nbdSocket())
        + ",export="
        + vm.export()
        + ",reconnect-delay="
        + QemuLimits.RECONNECT_SECONDS
        + ",cache.direct=on,discard=unmap,detect-zeroes=unmap";
  }

  private static long memoryKibibytes(VmDefinition vm, boolean kvm) {
    return vm.memoryMebibytes() * 1024L + (kvm ? 0 : QemuLimits.TCG_EXTRA_KIBIBYTES);
  }

  private static void add(List<String> line, String... words) {
    line.addAll(List.of(words));
  }

  /** QEMU doubles commas inside a value. */
  private static String escape(Path path) {
    return path.toString().replace(",", ",,");
  }
}
