package io.coterie.base.error;

/** What a command tells the process that called it. The numbers are a contract. */
public enum ExitCode {
  OK(0),
  FAILED(1),
  USAGE(2),
  NOT_FOUND(3),
  NO_QUORUM(4),
  REFUSED(5),
  TIMED_OUT(6),
  PARTLY_DONE(7);

  private final int code;

  ExitCode(int code) {
    this.code = code;
  }

  /** The process exit status, 0 to 7. */
  public int code() {
    return code;
  }

  /** The constant with this status; an unknown status reads as {@link #FAILED}. */
  public static ExitCode of(int code) {
    for (ExitCode exit : values()) {
      if (exit.code == code) {
        return exit;
      }
    }
    return FAILED;
  }
}
