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

  static final String MACHINE = "pc-q35-7.2";

  private QemuLimits() {}
}
