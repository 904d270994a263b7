package io.coterie.vm.api;

import java.util.Objects;

/**
 * What a user asks for.
 *
 * @param name unique on the device
 * @param memoryMebibytes 32 to 1048576
 * @param cpus 1 to 64
 * @param image a QCOW2 or raw file to import, or null
 * @param diskBytes the size of an empty disk, used when there is no image; 0 means none given
 * @param kernel a kernel to boot directly, or null to boot from the disk
 * @param initrd may be null
 * @param append the kernel's command line, may be empty
 */
public record VmSpec(
    String name,
    int memoryMebibytes,
    int cpus,
    String image,
    long diskBytes,
    String kernel,
    String initrd,
    String append) {
  public VmSpec {
    Objects.requireNonNull(name);
    append = append == null ? "" : append;
  }
}
