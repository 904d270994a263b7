package io.coterie.base.prompt;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Asks whoever called a command for a line. Not thread-safe. */
public final class Prompt {
  /** The variable of a command's session that holds its {@link Hiding}. */
  public static final String HIDING = "coterie.hiding";

  private final InputStream keyboard;
  private final PrintStream questions;
  private final Hiding hiding;

  /** Keeps the caller's terminal from showing what is typed. */
  @FunctionalInterface
  public interface Hiding {
    /** True before a secret is read, false afterwards. */
    void hide(boolean hidden);
  }

  /**
   * A prompt of one command.
   *
   * @param questions where questions are shown: standard error, so that output stays clean
   * @param hiding the value of {@link #HIDING}; anything else when the caller has no terminal
   */
  public Prompt(InputStream keyboard, PrintStream questions, Object hiding) {
    this.keyboard = keyboard;
    this.questions = questions;
    this.hiding = hiding instanceof Hiding known ? known : hidden -> {};
  }

  /**
   * A prompt of a command that asks on standard error.
   *
   * @param hiding the value of {@link #HIDING} in its session, or null
   */
  public static Prompt of(InputStream keyboard, Object hiding) {
    return new Prompt(keyboard, System.err, hiding);
  }

  /** A line without its end, as UTF-8; what is longer than the limit is cut off there. */
  public String line(String question, int maxBytes) throws IOException {
    return new String(ask(question, maxBytes), StandardCharsets.UTF_8);
  }

  /** A line that the terminal does not show. The caller wipes it. */
  public byte[] secret(String question, int maxBytes) throws IOException {
    hiding.hide(true);
    try {
      byte[] line = ask(question, maxBytes);
      questions.println();
      return line;
    } finally {
      hiding.hide(false);
    }
  }

  private byte[] ask(String question, int maxBytes) throws IOException {
    questions.print(question);
    questions.flush();
    byte[] line = new byte[maxBytes];
    int length = 0;
    for (int c = keyboard.read();
        c >= 0 && c != '\n' && c != '\r' && length < maxBytes;
        c = keyboard.read()) {
      line[length++] = (byte) c;
    }
    byte[] exact = Arrays.copyOf(line, length);
    Arrays.fill(line, (byte) 0);
    return exact;
  }
}
