package io.coterie.base.error;

import java.util.Objects;

/**
 * An error meant for a person: what happened, why, and what to do next, under a stable code that
 * has a page in the manual.
 */
public final class CoterieException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String code;
  private final ExitCode exit;
  private final String what;
  private final String next;

  private CoterieException(String code, ExitCode exit, String what, String next, Throwable cause) {
    super(what, cause);
    this.code = Objects.requireNonNull(code);
    this.exit = Objects.requireNonNull(exit);
    this.what = Objects.requireNonNull(what);
    this.next = Objects.requireNonNull(next);
  }

  /**
   * Makes an error.
   *
   * @param code {@code COT-nnnn}
   * @param exit the exit status of a command that ends with it
   * @param what what happened and why, one sentence without a final dot
   * @param next what to do next, often a command; may be empty
   */
  public static CoterieException of(String code, ExitCode exit, String what, String next) {
    return new CoterieException(code, exit, what, next, null);
  }

  /** As {@link #of(String, ExitCode, String, String)}, keeping the technical cause for the log. */
  public static CoterieException of(
      String code, ExitCode exit, String what, String next, Throwable cause) {
    return new CoterieException(code, exit, what, next, cause);
  }

  public String code() {
    return code;
  }

  public ExitCode exit() {
    return exit;
  }

  public String what() {
    return what;
  }

  public String next() {
    return next;
  }

  /** The lines a command prints on stderr. */
  public String render() {
    String first = "error " + code + ": " + what;
    return next.isEmpty() ? first : first + "\ntry: " + next;
  }

  @Override
  public String getMessage() {
    return next.isEmpty() ? code + ": " + what : code + ": " + what + " (try: " + next + ")";
  }
}
