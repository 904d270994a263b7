package io.coterie.vm.qemu.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.file.SafeFiles;
import io.coterie.base.hot.HotRef;
import io.coterie.base.name.Sizes;
import io.coterie.base.seam.FaultPoints;
import io.coterie.ops.api.Progress;
import io.coterie.volume.api.ImageDevice;
import io.coterie.volume.api.ImageService;
import io.coterie.volume.api.VolumeInfo;
import io.coterie.volume.api.VolumeService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the plain disk of a stopped machine into an encrypted volume: a backup first, then the
 * copy, of which every block is compared before the volume appears, and the definition last.
 */
final class DiskConversion {
  private static final Logger LOG = LoggerFactory.getLogger(DiskConversion.class);

  /** Says that the volume of the machine's name, if there is one, was made by a conversion. */
  private static final String BEGUN = "converting";

  private static final String BACKUP = "backup.qcow2";

  private final HotRef<VolumeService> volumes;
  private final HotRef<ImageService> images;
  private final MachineStore store;
  private final FaultPoints faults;

  DiskConversion(
      HotRef<VolumeService> volumes,
      HotRef<ImageService> images,
      MachineStore store,
      FaultPoints faults) {
    this.volumes = volumes;
    this.images = images;
    this.store = store;
    this.faults = faults;
  }

  /** Where the disk of before is, whether or not it is there. */
  private Path backup(String name) {
    return store.directory(name).resolve(BACKUP);
  }

  /** A sentence about the backup, or null when there is none. */
  String note(String name) {
    Path file = backup(name);
    try {
      return Files.exists(file)
          ? "the plain disk of before is kept, "
              + Sizes.format(Files.size(file))
              + ": coterie volume convert "
              + name
              + " --remove-backup"
          : null;
    } catch (IOException e) {
      return null; // it was removed meanwhile
    }
  }

  /** Converts; the machine is stopped and stays so. */
  String run(VmDefinition vm, Progress progress) {
    if (!vm.plain()) {
      tidy(vm);
      throw CoterieException.of(
          "COT-0741",
          ExitCode.REFUSED,
          "the disk of " + vm.name() + " is in encrypted volume " + vm.volume() + " already",
          "coterie vm info " + vm.name());
    }
    try {
      begin(vm);
      faults.reach("vm-convert-begun");
      VolumeInfo made = copy(vm, progress);
      faults.reach("vm-convert-copied");
      store.update(vm.converted());
      faults.reach("vm-convert-switched");
      tidy(vm.converted());
      return "disk of "
          + vm.name()
          + " is in encrypted volume "
          + made.name()
          + " now, "
          + Sizes.format(made.dataBytes())
          + " of data; the plain one is kept: coterie volume convert "
          + vm.name()
          + " --remove-backup";
    } catch (IOException e) {
      throw CoterieException.of(
          "COT-0742",
          ExitCode.FAILED,
          "the disk of " + vm.name() + " was not converted: " + e.getMessage(),
          "make room; coterie volume convert " + vm.name(),
          e);
    }
  }

  /** What an interrupted conversion made goes, the backup is made, and then a mark is left. */
  private void begin(VmDefinition vm) throws IOException {
    Path mark = store.directory(vm.name()).resolve(BEGUN);
    boolean volumeThere =
        volumes.call(v -> v.list().stream().map(VolumeInfo::name).anyMatch(vm.volume()::equals));
    if (volumeThere && Files.exists(mark)) {
      volumes.call(
          v -> {
            v.delete(vm.volume());
            return null;
          });
    } else if (volumeThere) {
      throw CoterieException.of(
          "COT-0502",
          ExitCode.REFUSED,
          "volume " + vm.volume() + " exists",
          "coterie volume info " + vm.volume());
    }
    Files.deleteIfExists(backup(vm.name()));
    Files.createLink(backup(vm.name()), store.plainDisk(vm.name()));
    SafeFiles.replace(mark, new byte[0]);
  }

  private VolumeInfo copy(VmDefinition vm, Progress progress) throws IOException {
    Path disk = store.plainDisk(vm.name());
    ImageService.Image what = images.call(i -> i.inspect(disk, VmDefinition.PLAIN));
    try (ImageDevice source = images.call(i -> i.open(disk, what.format()))) {
      return volumes.call(
          v ->
              v.create(
                  vm.volume(),
                  MachineCreation.rounded(source.sizeBytes()),
                  null,
                  source,
                  MachineCreation.watcher(progress)));
    }
  }

  /** Takes away what a conversion needs no more; also after one that was killed at its end. */
  private void tidy(VmDefinition vm) {
    try {
      Path mark = store.directory(vm.name()).resolve(BEGUN);
      if (!vm.plain() && Files.exists(mark)) {
        Files.deleteIfExists(store.plainDisk(vm.name()));
        Files.deleteIfExists(mark);
      }
    } catch (IOException e) {
      LOG.warn("COT-0743 {}: something is left of the conversion: {}", vm.name(), e.getMessage());
    }
  }

  /** Deletes the backup. */
  void removeBackup(VmDefinition vm) {
    tidy(vm);
    boolean there;
    try {
      there = !vm.plain() && Files.deleteIfExists(backup(vm.name()));
    } catch (IOException e) {
      throw CoterieException.of(
          "COT-0743",
          ExitCode.FAILED,
          "the backup of " + vm.name() + " could not be deleted: " + e.getMessage(),
          "rm " + backup(vm.name()),
          e);
    }
    if (!there) {
      throw CoterieException.of(
          "COT-0744",
          ExitCode.NOT_FOUND,
          "there is no backup of a plain disk of " + vm.name(),
          "coterie vm info " + vm.name());
    }
  }
}
