package io.coterie.vm.qemu.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.hot.HotRef;
import io.coterie.base.seam.Entropy;
import io.coterie.mesh.api.LocalIdentity;
import io.coterie.ops.api.Progress;
import io.coterie.vm.api.VmSpec;
import io.coterie.volume.api.BlockDevice;
import io.coterie.volume.api.ExportService;
import io.coterie.volume.api.Grant;
import io.coterie.volume.api.VolumeService;
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
  private final HotRef<ExportService> exports;
  private final MachineStore store;
  private final BootFiles bootFiles;
  private final ImageImport images;
  private final Entropy entropy;

  MachineCreation(
      LocalIdentity identity,
      HotRef<VolumeService> volumes,
      HotRef<ExportService> exports,
      MachineStore store,
      BootFiles bootFiles,
      ImageImport images,
      Entropy entropy) {
    this.identity = identity;
    this.volumes = volumes;
    this.exports = exports;
    this.store = store;
    this.bootFiles = bootFiles;
    this.images = images;
    this.entropy = entropy;
  }

  void create(VmSpec spec, Progress progress) {
    check(spec);
    Path image = spec.image() == null ? null : Path.of(spec.image()).toAbsolutePath();
    ImageImport.Image what = image == null ? null : images.inspect(image);
    long size = what == null ? spec.diskBytes() : Math.max(what.sizeBytes(), spec.diskBytes());
    String volume = spec.name();
    progress.report("creating the encrypted volume", 1);
    volumes.call(v -> v.create(volume, rounded(size), null));
    try {
      String kernel = bootFile("kernel", spec.kernel());
      String initrd = bootFile("initrd", spec.initrd());
      if (image != null) {
        copy(volume, image, what, progress);
      }
      store.create(
          new VmDefinition(
              VmDefinition.SCHEMA,
              spec.name(),
              uuid(),
              spec.memoryMebibytes(),
              spec.cpus(),
              volume,
              identity.id().toString(),
              "",
              kernel,
              initrd,
              spec.append(),
              QemuLimits.MACHINE,
              macAddress()));
    } catch (IOException e) {
      discard(volume);
      throw CoterieException.of(
          "COT-0732",
          ExitCode.FAILED,
          "machine " + spec.name() + " was not created: " + e.getMessage(),
          "coterie status",
          e);
    } catch (RuntimeException e) {
      discard(volume);
      throw e;
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

  private static long rounded(long size) {
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

  private void copy(String volume, Path image, ImageImport.Image what, Progress progress)
      throws IOException {
    Grant grant = volumes.call(v -> v.issue(volume, "import"));
    try {
      volumes.call(v -> v.activate(grant.export()));
      String uri =
          "nbd+unix:///" + grant.export() + "?socket=" + exports.call(ExportService::localSocket);
      images.copy(image, what, uri, progress);
      images.compare(image, what, uri, progress);
    } finally {
      volumes.call(
          v -> {
            v.revoke(grant.export());
            return null;
          });
    }
  }

  private void discard(String volume) {
    try {
      volumes.call(
          v -> {
            v.deleteFromWriter(volume); // the writer was this creation
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
