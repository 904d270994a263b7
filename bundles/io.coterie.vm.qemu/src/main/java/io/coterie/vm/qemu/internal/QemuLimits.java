package io.coterie.vm.qemu.internal;

/** Bounds of machines and of waiting for QEMU. */
final class QemuLimits {
  static final int MIN_MEMORY_MEBIBYTES = 32;
  static final int MAX_MEMORY_MEBIBYTES = 1 << 20;
  static final int MAX_CPUS = 64;
  static final int MAX_MACHINES = 64;
  static final long START_MILLIS = 20_000;
  static final long COMMAND_MILLIS = 10_000;
  static final long QUIT_MILLIS = 10_000;

  /** How long a guest's I/O waits for its volume before it sees an error. */
  static final int RECONNECT_SECONDS = 60;

  /**
   * What a guest under TCG gets beside the memory asked for. Before version 9.0 QEMU forgets pages
   * that such a guest writes during a migration if its memory is a multiple of 256 KiB: the quick
   * way to read the dirty bitmap, open to such sizes only, does not tell TCG that the bits were
   * cleared. The guest would go on with torn memory. See docs/adr/0007.
   */
  static final int TCG_EXTRA_KIBIBYTES = 8;

  static final String MACHINE = "pc-q35-7.2";

  private QemuLimits() {}
}
