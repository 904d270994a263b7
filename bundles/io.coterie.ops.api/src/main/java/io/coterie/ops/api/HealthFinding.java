package io.coterie.ops.api;

/**
 * One thing that a health check found.
 *
 * @param what what is the case, in words
 * @param next what to do about it; empty when nothing
 */
public record HealthFinding(Severity severity, String what, String next) {
  /** How bad it is. */
  public enum Severity {
    GOOD,
    WARNING,
    CRITICAL
  }

  public static HealthFinding good(String what) {
    return new HealthFinding(Severity.GOOD, what, "");
  }

  public static HealthFinding warning(String what, String next) {
    return new HealthFinding(Severity.WARNING, what, next);
  }

  public static HealthFinding critical(String what, String next) {
    return new HealthFinding(Severity.CRITICAL, what, next);
  }
}
