package io.coterie.vm.qemu.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A QEMU process, started here or found again. A pid alone may be another process by now: the start
 * time from /proc goes with it.
 */
final class QemuProcess {
  private static final int STAT_START_TIME = 19;

  private final ProcessHandle handle;
  private final String startTime;

  private QemuProcess(ProcessHandle handle, String startTime) {
    this.handle = handle;
    this.startTime = startTime;
  }

  static QemuProcess of(ProcessHandle handle) {
    return new QemuProcess(handle, startTime(handle.pid()));
  }

  /** The process that the pid file names, if it lives and is the QEMU of that machine. */
  static Optional<QemuProcess> find(Path pidFile, String uuid) {
    try {
      if (!Files.exists(pidFile)) {
        return Optional.empty();
      }
      long pid = Long.parseLong(Files.readString(pidFile, StandardCharsets.US_ASCII).trim());
      String commandLine =
          Files.readString(
              Path.of("/proc", String.valueOf(pid), "cmdline"), StandardCharsets.UTF_8);
      if (!commandLine.contains("\0" + uuid + "\0")) {
        return Optional.empty();
      }
      return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).map(QemuProcess::of);
    } catch (IOException | NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static String startTime(long pid) {
    try {
      String stat =
          Files.readString(Path.of("/proc", String.valueOf(pid), "stat"), StandardCharsets.UTF_8);
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return fields[STAT_START_TIME];
    } catch (IOException | RuntimeException e) {
      return "";
    }
  }

  /** Whether it was started with KVM: its command line says so. */
  boolean kvm() {
    try {
      return Files.readString(
              Path.of("/proc", String.valueOf(handle.pid()), "cmdline"), StandardCharsets.UTF_8)
          .contains("accel=kvm");
    } catch (IOException e) {
      return false;
    }
  }

  long pid() {
    return handle.pid();
  }

  boolean alive() {
    return handle.isAlive() && startTime.equals(startTime(handle.pid()));
  }

  void onExit(Runnable body) {
    handle.onExit().thenRun(body);
  }

  /** Waits for its end; false when it still lives. */
  boolean awaitExit(long timeoutMillis) {
    try {
      handle.onExit().get(timeoutMillis, TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return !alive();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return !alive();
    } catch (java.util.concurrent.ExecutionException e) {
      return !alive();
    }
  }

  /** Kills it and waits until it is gone; false when it is not. */
  boolean kill(long timeoutMillis) {
    if (!alive()) {
      return true;
    }
    handle.destroyForcibly();
    return awaitExit(timeoutMillis);
  }
}
