package io.coterie.vm.qemu.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.file.SafeFiles;
import io.coterie.base.hot.HotRef;
import io.coterie.base.name.Sizes;
import io.coterie.base.seam.FaultPoints;
import io.coterie.ops.api.Progress;
import io.coterie.volume.api.Access;
import io.coterie.volume.api.DeviceCopy;
import io.coterie.volume.api.Grant;
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

  /** Says that a conversion is not complete. */
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
  String note(VmDefinition vm) {
    String name = vm.name();
    Path file = backup(name);
    try {
      return !vm.plain() && Files.exists(file)
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
          "COT-0746",
          ExitCode.REFUSED,
          "the disk of " + vm.name() + " is in encrypted volume " + vm.volume() + " already",
          "coterie vm info " + vm.name());
    }
    try {
      boolean copied = begin(vm, progress);
      faults.reach("vm-convert-begun");
      VolumeInfo made = copied ? volumes.call(v -> v.info(vm.volume())) : copy(vm, progress);
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
      throw notConverted(vm, e.getMessage(), e);
    } catch (CoterieException e) {
      throw e.getCause() instanceof IOException ? notConverted(vm, e.what(), e) : e;
    }
  }

  private static CoterieException notConverted(VmDefinition vm, String why, Exception e) {
    return CoterieException.of(
        "COT-0747",
        ExitCode.FAILED,
        "the disk of " + vm.name() + " was not converted: " + why,
        "make room; coterie volume convert " + vm.name(),
        e);
  }

  /**
   * Makes the backup and leaves a mark.
   *
   * @return true when an interrupted conversion made the volume already: it holds just what the
   *     disk holds. Any other volume of that name is somebody's
   */
  private boolean begin(VmDefinition vm, Progress progress) throws IOException {
    boolean there =
        volumes.call(v -> v.list().stream().map(VolumeInfo::name).anyMatch(vm.volume()::equals));
    if (there && !isTheDisk(vm, progress)) {
      throw CoterieException.of(
          "COT-0502",
          ExitCode.REFUSED,
          "volume " + vm.volume() + " exists, and holds something else than the disk",
          "coterie volume clone "
              + vm.volume()
              + " "
              + vm.volume()
              + "-kept, then coterie volume rm "
              + vm.volume());
    }
    Files.deleteIfExists(backup(vm.name()));
    Files.createLink(backup(vm.name()), store.plainDisk(vm.name()));
    SafeFiles.replace(store.directory(vm.name()).resolve(BEGUN), new byte[0]);
    return there;
  }

  private boolean isTheDisk(VmDefinition vm, Progress progress) throws IOException {
    Grant grant = volumes.call(v -> v.issueReadOnly(vm.volume(), "conversion of " + vm.name()));
    try (ImageDevice disk = open(vm);
        Access access = volumes.call(v -> v.open(grant.export(), () -> {}))) {
      return access.device().sizeBytes() == MachineCreation.rounded(disk.sizeBytes())
          && DeviceCopy.equal(disk, access.device(), MachineCreation.watcher(progress));
    } finally {
      volumes.call(
          v -> {
            v.revoke(grant.export());
            return null;
          });
    }
  }

  private ImageDevice open(VmDefinition vm) throws IOException {
    Path disk = store.plainDisk(vm.name());
    ImageService.Image what = images.call(i -> i.inspect(disk, VmDefinition.PLAIN));
    return images.call(i -> i.open(disk, what.format()));
  }

  private VolumeInfo copy(VmDefinition vm, Progress progress) throws IOException {
    try (ImageDevice source = open(vm)) {
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
      LOG.warn("COT-0748 {}: something is left of the conversion: {}", vm.name(), e.getMessage());
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
          "COT-0748",
          ExitCode.FAILED,
          "the backup of " + vm.name() + " could not be deleted: " + e.getMessage(),
          "rm " + backup(vm.name()),
          e);
    }
    if (!there) {
      throw CoterieException.of(
          "COT-0749",
          ExitCode.NOT_FOUND,
          "there is no backup of a plain disk of " + vm.name(),
          "coterie vm info " + vm.name());
    }
  }
}
