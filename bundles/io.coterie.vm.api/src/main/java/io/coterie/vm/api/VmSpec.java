package io.coterie.vm.api;

import java.util.Objects;

/**
 * What a user asks for.
 *
 * @param name unique on the device
 * @param memoryMebibytes 32 to 1048576
 * @param cpus 1 to 64
 * @param image an image file to import, or null
 * @param diskBytes the size of an empty disk, used when there is no image; 0 means none given
 * @param kernel a kernel to boot directly, or null to boot from the disk
 * @param initrd may be null
 * @param plain true for a QCOW2 file as its disk, without encryption, snapshots and migration
 * @param append the kernel's command line, may be empty
 */
public record VmSpec(
    String name,
    int memoryMebibytes,
    int cpus,
    String image,
    long diskBytes,
    boolean plain,
    String kernel,
    String initrd,
    String append) {
  public VmSpec {
    Objects.requireNonNull(name);
    append = append == null ? "" : append;
  }

  /** The same with a plain disk. */
  public VmSpec withPlainDisk() {
    return new VmSpec(name, memoryMebibytes, cpus, image, diskBytes, true, kernel, initrd, append);
  }
}
