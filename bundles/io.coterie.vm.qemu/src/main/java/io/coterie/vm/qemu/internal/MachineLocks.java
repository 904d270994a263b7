package io.coterie.vm.qemu.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import java.util.HashMap;
import java.util.Map;

/** One act at a time on a machine; a second one is refused and told what goes on. Thread-safe. */
final class MachineLocks {
  private final Map<String, String> acts = new HashMap<>();

  /** Claims the machine for an act; close it to let it go. */
  synchronized Claim claim(String name, String act) {
    String current = acts.putIfAbsent(name, act);
    if (current != null) {
      throw CoterieException.of(
          "COT-0723",
          ExitCode.REFUSED,
          "machine " + name + " is being " + current,
          "coterie op list");
    }
    return () -> release(name);
  }

  private synchronized void release(String name) {
    acts.remove(name);
  }

  /** The right to act on a machine. */
  @FunctionalInterface
  interface Claim extends AutoCloseable {
    @Override
    void close();
  }
}
