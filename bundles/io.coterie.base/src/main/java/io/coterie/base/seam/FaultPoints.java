package io.coterie.base.seam;

/**
 * Named moments at which a test may end the process, to see that a crash there harms nothing. Code
 * passes through them without a stop otherwise. Thread-safe.
 */
@FunctionalInterface
public interface FaultPoints {
  /**
   * The moment {@code point} has come.
   *
   * @param point words of a-z and '-', for instance {@code migrate-source-copying}
   */
  void reach(String point);
}
