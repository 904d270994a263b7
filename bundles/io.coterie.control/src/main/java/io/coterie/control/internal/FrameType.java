package io.coterie.control.internal;

/** The type bytes of the control protocol. */
final class FrameType {
  /** Client: one argument, UTF-8. */
  static final char ARGUMENT = 'A';

  /** Client: the deadline in milliseconds, decimal. */
  static final char DEADLINE = 'T';

  /** Client: show stack traces. */
  static final char DEBUG = 'D';

  /** Client: the directory in which it was called. */
  static final char DIRECTORY = 'W';

  /** Client: run the arguments as a command. */
  static final char RUN = 'R';

  /** Client: open a console; payload {@code TERM ROWS COLUMNS}. */
  static final char CONSOLE = 'C';

  /** Client: bytes of standard input. */
  static final char INPUT = 'i';

  /** Client: standard input ended. */
  static final char INPUT_END = 'e';

  /** Client: the window changed; payload {@code ROWS COLUMNS}. */
  static final char WINDOW = 'w';

  /** Server: standard output. */
  static final char OUTPUT = '1';

  /** Server: standard error. */
  static final char ERROR = '2';

  /** Server: the command wants standard input. */
  static final char WANT_INPUT = 'r';

  /** Server: the exit code, 32 bits; the last frame. */
  static final char EXIT = 'x';

  private FrameType() {}
}
