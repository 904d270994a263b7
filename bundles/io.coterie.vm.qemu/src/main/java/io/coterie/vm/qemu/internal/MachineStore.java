package io.coterie.vm.qemu.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.file.SafeFiles;
import io.coterie.base.name.Names;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The machines' directories: {@code vms/NAME} with the definition, logs and sockets of each. */
final class MachineStore {
  private static final Logger LOG = LoggerFactory.getLogger(MachineStore.class);
  private static final String NEW = ".new-";
  private static final String OLD = ".old-";
  static final String PLAIN_DISK = "disk.qcow2";

  private final Path root;
  private final Path logs;

  MachineStore(Path root, Path logs) throws IOException {
    this.root = root;
    this.logs = logs;
    for (String leftover : names(true)) {
      LOG.warn("COT-0706 removing what an interrupted act left: {}", leftover);
      SafeFiles.deleteTree(root.resolve(leftover));
    }
  }

  private List<String> names(boolean leftovers) throws IOException {
    try (Stream<Path> found = Files.list(root)) {
      return found
          .map(p -> p.getFileName().toString())
          .filter(n -> (n.startsWith(NEW) || n.startsWith(OLD)) == leftovers)
          .sorted()
          .toList();
    }
  }

  List<String> names() {
    try {
      return names(false);
    } catch (IOException e) {
      throw failed("machines cannot be listed", e);
    }
  }

  /** False for anything that is no name: a path must never come out of one. */
  boolean exists(String name) {
    return Names.valid(name) && Files.isDirectory(root.resolve(name));
  }

  Path directory(String name) {
    return root.resolve(name);
  }

  /** The disk of a machine without a volume. */
  Path plainDisk(String name) {
    return directory(name).resolve(PLAIN_DISK);
  }

  QemuCommandLine.Sockets files(String name) {
    return QemuCommandLine.Sockets.in(directory(name), logs);
  }

  VmDefinition read(String name) {
    if (!exists(name)) {
      throw CoterieException.of(
          "COT-0707",
          ExitCode.NOT_FOUND,
          "there is no machine named '" + Names.shown(name) + "' on this device",
          "coterie vm list");
    }
    try {
      return VmDefinition.read(root.resolve(name));
    } catch (IOException e) {
      throw failed("the definition of " + name + " cannot be read", e);
    }
  }

  /** Puts a machine in place: wholly there or not at all. */
  void create(VmDefinition vm) {
    create(vm, directory -> {});
  }

  /** Puts more into a machine's directory before it is in place. */
  interface Filling {
    void fill(Path directory) throws IOException;
  }

  /** As {@link #create(VmDefinition)}, with an open journal in it from the first moment. */
  void create(VmDefinition vm, MigrationJournal journal) {
    create(vm, journal::write);
  }

  /** As {@link #create(VmDefinition)}, with more in it from the first moment. */
  void create(VmDefinition vm, Filling filling) {
    Path aside = root.resolve(NEW + vm.name());
    try {
      SafeFiles.deleteTree(aside);
      SafeFiles.createPrivateDirectories(aside);
      vm.write(aside);
      filling.fill(aside);
      Files.move(aside, root.resolve(vm.name()), StandardCopyOption.ATOMIC_MOVE);
      SafeFiles.forceDirectory(root);
      Files.deleteIfExists(files(vm.name()).serialLog()); // of an earlier machine of that name
    } catch (IOException e) {
      discard(aside);
      throw failed("machine " + vm.name() + " cannot be stored", e);
    } catch (RuntimeException e) {
      discard(aside);
      throw e;
    }
  }

  private static void discard(Path aside) {
    try {
      SafeFiles.deleteTree(aside);
    } catch (IOException e) {
      LOG.warn("COT-0706 {} stays until the next start: {}", aside, e.getMessage());
    }
  }

  void update(VmDefinition vm) {
    try {
      vm.write(root.resolve(vm.name()));
    } catch (IOException e) {
      throw failed("machine " + vm.name() + " cannot be stored", e);
    }
  }

  void delete(String name) {
    try {
      Path aside = root.resolve(OLD + name);
      SafeFiles.deleteTree(aside);
      if (exists(name)) {
        Files.move(root.resolve(name), aside, StandardCopyOption.ATOMIC_MOVE);
        SafeFiles.forceDirectory(root);
        SafeFiles.deleteTree(aside);
      }
    } catch (IOException e) {
      throw failed("machine " + name + " cannot be removed", e);
    }
  }

  private static CoterieException failed(String what, IOException e) {
    return CoterieException.of(
        "COT-0708", ExitCode.FAILED, what + ": " + e.getMessage(), "coterie status", e);
  }
}
