package io.coterie.vm.qemu.internal;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.file.SafeFiles;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A machine as it is stored and sent. Everything that must be equal at both ends of a migration is
 * here.
 *
 * @param schema the version of this record
 * @param disk {@link #VOLUME}, or {@link #PLAIN} for a QCOW2 file beside the definition
 * @param volume the name of its volume on the volume's home
 * @param volumeHome the device that holds the volume, 64 hexadecimal digits
 * @param export the name under which this device's QEMU uses the volume, or empty
 * @param kernel the SHA-256 of the kernel, or empty to boot from the disk
 * @param initrd the SHA-256 of the initial RAM disk, or empty
 * @param machine QEMU's versioned machine type, fixed at creation so that it never changes under
 *     the guest
 */
@JsonIgnoreProperties(ignoreUnknown = false)
record VmDefinition(
    int schema,
    String name,
    String uuid,
    int memoryMebibytes,
    int cpus,
    String disk,
    String volume,
    String volumeHome,
    String export,
    String kernel,
    String initrd,
    String append,
    String machine,
    String macAddress) {
  static final int SCHEMA = 2;
  static final String VOLUME = "volume";
  static final String PLAIN = "qcow2";
  static final String FILE = "vm.json";
  private static final int MAX_FILE_BYTES = 64 * 1024;
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  boolean plain() {
    return disk.equals(PLAIN);
  }

  /** The same with its disk in its volume. */
  VmDefinition converted() {
    return with(VOLUME, "");
  }

  VmDefinition withExport(String name) {
    return with(disk, name);
  }

  private VmDefinition with(String otherDisk, String otherExport) {
    return new VmDefinition(
        schema,
        name,
        uuid,
        memoryMebibytes,
        cpus,
        otherDisk,
        volume,
        volumeHome,
        otherExport,
        kernel,
        initrd,
        append,
        machine,
        macAddress);
  }

  byte[] encode() throws IOException {
    return JSON.writeValueAsBytes(this);
  }

  static VmDefinition decode(byte[] bytes) throws IOException {
    VmDefinition read = JSON.readValue(bytes, VmDefinition.class);
    if (read == null || read.schema() != SCHEMA) {
      throw new MalformedInputException(
          "machine schema " + (read == null ? "null" : read.schema()) + " is unknown");
    }
    read.validate();
    return read;
  }

  /**
   * Refuses what would not be safe to put on a command line or into a path: it may come from a
   * peer.
   */
  private void validate() throws MalformedInputException {
    boolean good =
        fits(name, "[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
            && fits(uuid, "[0-9a-f-]{36}")
            && fits(disk, VOLUME + "|" + PLAIN)
            && fits(volume, "[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
            && fits(volumeHome, "[0-9a-f]{64}")
            && fits(export, "([a-z0-9-]{1,40}\\.[0-9]{1,19}\\.[0-9a-f]{32})?")
            && fits(kernel, "([0-9a-f]{64})?")
            && fits(initrd, "([0-9a-f]{64})?")
            && fits(machine, "pc-q35-[0-9]{1,3}\\.[0-9]{1,3}")
            && fits(macAddress, "([0-9a-f]{2}:){5}[0-9a-f]{2}")
            && fits(append, "\\P{Cntrl}{0,2048}")
            && memoryMebibytes >= QemuLimits.MIN_MEMORY_MEBIBYTES
            && memoryMebibytes <= QemuLimits.MAX_MEMORY_MEBIBYTES
            && cpus >= 1
            && cpus <= QemuLimits.MAX_CPUS;
    if (!good) {
      throw new MalformedInputException("the machine's definition is out of bounds");
    }
  }

  private static boolean fits(String text, String form) {
    return text != null && text.matches(form);
  }

  static VmDefinition read(Path directory) throws IOException {
    return decode(SafeFiles.readBounded(directory.resolve(FILE), MAX_FILE_BYTES));
  }

  void write(Path directory) throws IOException {
    SafeFiles.replace(directory.resolve(FILE), encode());
  }
}
