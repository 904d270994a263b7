package io.coterie.base.seam;

/** Time as a dependency. Protocol code uses this instead of the JVM's clocks. Thread-safe. */
public interface Clock {
  /** Nanoseconds from an arbitrary origin; never goes back. For deadlines and ages. */
  long monotonicNanos();

  /** Milliseconds since 1970 by the wall clock; may jump. For display and certificates only. */
  long wallMillis();

  /** Milliseconds from an arbitrary origin; never goes back. */
  default long monotonicMillis() {
    return monotonicNanos() / 1_000_000;
  }
}
