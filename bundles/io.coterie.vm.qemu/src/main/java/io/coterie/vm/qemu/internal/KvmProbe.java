package io.coterie.vm.qemu.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out whether KVM really runs a guest here. A readable /dev/kvm proves nothing: on some
 * machines KVM starts and the guest then stands still. The probe runs a ROM that spins and writes
 * to the exit device.
 */
final class KvmProbe {
  private static final Logger LOG = LoggerFactory.getLogger(KvmProbe.class);
  private static final int ROM_BYTES = 64 * 1024;
  private static final int SPINS = 20_000_000;
  private static final int GUEST_EXIT = 33;
  private static final long LIMIT_MILLIS = 2_000;

  private KvmProbe() {}

  /**
   * What the probe found.
   *
   * @param why in words
   */
  record Finding(boolean kvm, String why) {}

  static Finding run(String qemu, Path directory) {
    if (!Files.isWritable(Path.of("/dev/kvm"))) {
      return new Finding(false, "/dev/kvm cannot be opened");
    }
    Path rom = directory.resolve("kvm-probe.rom");
    try {
      Files.write(rom, rom());
      Process probe =
          new ProcessBuilder(
                  qemu,
                  "-nodefaults",
                  "-no-user-config",
                  "-display",
                  "none",
                  "-no-reboot",
                  "-m",
                  "16",
                  "-machine",
                  "pc",
                  "-accel",
                  "kvm",
                  "-bios",
                  rom.toString(),
                  "-device",
                  "isa-debug-exit,iobase=0xf4,iosize=1")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      boolean ended = probe.waitFor(LIMIT_MILLIS, TimeUnit.MILLISECONDS);
      if (!ended) {
        probe.destroyForcibly().waitFor(LIMIT_MILLIS, TimeUnit.MILLISECONDS);
        return new Finding(false, "a guest under KVM stood still for " + LIMIT_MILLIS + " ms");
      }
      return probe.exitValue() == GUEST_EXIT
          ? new Finding(true, "a guest under KVM ran to its end")
          : new Finding(false, "KVM ended with status " + probe.exitValue());
    } catch (IOException e) {
      return new Finding(false, "the probe could not run: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Finding(false, "the probe was interrupted");
    } finally {
      try {
        Files.deleteIfExists(rom);
      } catch (IOException e) {
        LOG.debug("removing the probe", e);
      }
    }
  }

  /** mov ecx, SPINS; loop: dec ecx; jnz loop; mov dx, 0xf4; mov al, 0x10; out dx, al; hlt. */
  static byte[] rom() {
    ByteBuffer rom = ByteBuffer.allocate(ROM_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    rom.position(0xff00);
    rom.put(new byte[] {0x66, (byte) 0xb9}).putInt(SPINS);
    rom.put(new byte[] {0x66, 0x49, 0x75, (byte) 0xfc});
    rom.put(new byte[] {(byte) 0xba, (byte) 0xf4, 0x00, (byte) 0xb0, 0x10, (byte) 0xee});
    rom.put((byte) 0xf4);
    rom.position(0xfff0);
    rom.put(new byte[] {(byte) 0xe9, 0x0d, (byte) 0xff});
    return rom.array();
  }
}
