package io.coterie.vm.qemu.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.hot.HotRef;
import io.coterie.base.seam.Entropy;
import io.coterie.mesh.api.LocalIdentity;
import io.coterie.ops.api.Progress;
import io.coterie.vm.api.VmSpec;
import io.coterie.volume.api.BlockDevice;
import io.coterie.volume.api.DeviceCopy;
import io.coterie.volume.api.ImageDevice;
import io.coterie.volume.api.ImageService;
import io.coterie.volume.api.VolumeService;
import io.coterie.volume.api.Watcher;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes machines: an encrypted volume, the image in it, and the definition last. */
final class MachineCreation {
  private static final Logger LOG = LoggerFactory.getLogger(MachineCreation.class);
  private static final long MIN_DISK_BYTES = 1L << 20;

  private final LocalIdentity identity;
  private final HotRef<VolumeService> volumes;
  private final MachineStore store;
  private final BootFiles bootFiles;
  private final HotRef<ImageService> images;
  private final Entropy entropy;

  MachineCreation(
      LocalIdentity identity,
      HotRef<VolumeService> volumes,
      MachineStore store,
      BootFiles bootFiles,
      HotRef<ImageService> images,
      Entropy entropy) {
    this.identity = identity;
    this.volumes = volumes;
    this.store = store;
    this.bootFiles = bootFiles;
    this.images = images;
    this.entropy = entropy;
  }

  void create(VmSpec spec, Progress progress) {
    check(spec);
    Path image = spec.image() == null ? null : Path.of(spec.image()).toAbsolutePath();
    ImageService.Image what = image == null ? null : images.call(i -> i.inspect(image, null));
    long size =
        rounded(what == null ? spec.diskBytes() : Math.max(what.sizeBytes(), spec.diskBytes()));
    Watcher watcher = watcher(progress);
    try (ImageDevice source =
        image == null ? null : images.call(i -> i.open(image, what.format()))) {
      VmDefinition vm = definition(spec);
      if (spec.plain()) {
        store.create(vm, directory -> writePlain(directory, source, size, watcher));
      } else {
        createWithVolume(vm, source, size, watcher);
      }
    } catch (IOException e) {
      throw CoterieException.of(
          "COT-0732",
          ExitCode.FAILED,
          "machine " + spec.name() + " was not created: " + e.getMessage(),
          "coterie status",
          e);
    }
  }

  static Watcher watcher(Progress progress) {
    return (what, percent) -> {
      progress.checkCancelled();
      progress.report(what, percent);
    };
  }

  private VmDefinition definition(VmSpec spec) throws IOException {
    return new VmDefinition(
        VmDefinition.SCHEMA,
        spec.name(),
        uuid(),
        spec.memoryMebibytes(),
        spec.cpus(),
        spec.plain() ? VmDefinition.PLAIN : VmDefinition.VOLUME,
        spec.name(),
        identity.id().toString(),
        "",
        bootFile("kernel", spec.kernel()),
        bootFile("initrd", spec.initrd()),
        spec.append(),
        QemuLimits.MACHINE,
        macAddress());
  }

  private void createWithVolume(VmDefinition vm, ImageDevice source, long size, Watcher watcher) {
    if (source == null) {
      volumes.call(v -> v.create(vm.volume(), size, null));
    } else {
      volumes.call(v -> v.create(vm.volume(), size, null, source, watcher));
    }
    try {
      store.create(vm);
    } catch (RuntimeException e) {
      discard(vm.volume());
      throw e;
    }
  }

  private void writePlain(Path directory, ImageDevice source, long size, Watcher watcher)
      throws IOException {
    Path file = Files.createFile(directory.resolve(MachineStore.PLAIN_DISK));
    try (ImageDevice disk = images.call(i -> i.make(file, VmDefinition.PLAIN, size))) {
      if (source != null) {
        DeviceCopy copy = new DeviceCopy(source, disk, watcher);
        copy.copy();
        copy.compare();
      }
    }
  }

  private void check(VmSpec spec) {
    boolean good =
        spec.memoryMebibytes() >= QemuLimits.MIN_MEMORY_MEBIBYTES
            && spec.memoryMebibytes() <= QemuLimits.MAX_MEMORY_MEBIBYTES
            && spec.cpus() >= 1
            && spec.cpus() <= QemuLimits.MAX_CPUS
            && spec.append().length() <= 2048
            && spec.append().chars().noneMatch(Character::isISOControl);
    if (!good) {
      throw CoterieException.of(
          "COT-0733",
          ExitCode.USAGE,
          "memory, processors or kernel arguments are out of bounds",
          "32 MiB or more, 1 to 64 processors, at most 2048 printable characters");
    }
    if (spec.image() == null && spec.diskBytes() <= 0) {
      throw CoterieException.of(
          "COT-0734",
          ExitCode.USAGE,
          "a machine needs a disk",
          "--image FILE, or --disk SIZE for an empty one");
    }
    if (store.exists(spec.name())) {
      throw CoterieException.of(
          "COT-0718",
          ExitCode.REFUSED,
          "there is a machine named '" + spec.name() + "' already",
          "coterie vm list");
    }
    if (store.names().size() >= QemuLimits.MAX_MACHINES) {
      throw CoterieException.of(
          "COT-0720",
          ExitCode.REFUSED,
          "this device has " + QemuLimits.MAX_MACHINES + " machines already",
          "coterie vm list");
    }
  }

  static long rounded(long size) {
    long least = Math.max(size, MIN_DISK_BYTES);
    return (least + BlockDevice.BLOCK_BYTES - 1)
        / BlockDevice.BLOCK_BYTES
        * BlockDevice.BLOCK_BYTES;
  }

  private String bootFile(String what, String path) throws IOException {
    if (path == null) {
      return "";
    }
    Path file = Path.of(path);
    if (!Files.isRegularFile(file)) {
      throw CoterieException.of(
          "COT-0735", ExitCode.NOT_FOUND, "there is no " + what + " " + path, "ls -l " + path);
    }
    return bootFiles.add(file);
  }

  private void discard(String volume) {
    try {
      volumes.call(
          v -> {
            v.delete(volume);
            return null;
          });
    } catch (RuntimeException e) {
      LOG.error("COT-0736 volume {} is left over: {}", volume, e.getMessage());
    }
  }

  private String uuid() {
    ByteBuffer bits = ByteBuffer.wrap(entropy.bytes(16));
    long high = (bits.getLong() & ~0xf000L) | 0x4000L;
    long low = (bits.getLong() & 0x3fffffffffffffffL) | 0x8000000000000000L;
    return new UUID(high, low).toString();
  }

  private String macAddress() {
    byte[] b = entropy.bytes(3);
    return String.format("52:54:00:%02x:%02x:%02x", b[0], b[1], b[2]);
  }
}
