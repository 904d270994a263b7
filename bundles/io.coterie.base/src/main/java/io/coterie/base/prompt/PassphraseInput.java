package io.coterie.base.prompt;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.file.SafeFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/** Where passphrases come from: a file or the keyboard, never an argument. Not thread-safe. */
public final class PassphraseInput {
  private static final int MAX_BYTES = 1024;
  private static final int MIN_BYTES = 8;

  private final Prompt keyboard;

  /**
   * The input of one command.
   *
   * @param keyboard asked when no file is given
   */
  public PassphraseInput(Prompt keyboard) {
    this.keyboard = keyboard;
  }

  /**
   * Refuses what is easily guessed: COT-0345.
   *
   * @param passphrase a new one; not changed
   */
  public static void requireStrong(byte[] passphrase) {
    if (passphrase.length < MIN_BYTES) {
      throw CoterieException.of(
          "COT-0345",
          ExitCode.USAGE,
          "the passphrase is shorter than " + MIN_BYTES + " characters",
          "take four or more words");
    }
  }

  /** A passphrase that is in use. The caller wipes it. */
  public byte[] existing(String file) throws IOException {
    return file == null ? keyboard.secret("passphrase: ", MAX_BYTES) : firstLine(file);
  }

  /** A new one, which is typed twice. The caller wipes it. */
  public byte[] fresh(String file) throws IOException {
    if (file != null) {
      return firstLine(file);
    }
    byte[] first = keyboard.secret("new passphrase: ", MAX_BYTES);
    byte[] second = keyboard.secret("again: ", MAX_BYTES);
    boolean same = Arrays.equals(first, second);
    Arrays.fill(second, (byte) 0);
    if (!same) {
      Arrays.fill(first, (byte) 0);
      throw CoterieException.of(
          "COT-0345", ExitCode.USAGE, "the two passphrases differ", "type it again");
    }
    return first;
  }

  private static byte[] firstLine(String file) {
    try {
      byte[] bytes = SafeFiles.readBounded(Path.of(file), MAX_BYTES);
      int end = 0;
      while (end < bytes.length && bytes[end] != '\n' && bytes[end] != '\r') {
        end++;
      }
      byte[] line = Arrays.copyOf(bytes, end);
      Arrays.fill(bytes, (byte) 0);
      return line;
    } catch (IOException e) {
      throw CoterieException.of(
          "COT-0345",
          ExitCode.USAGE,
          "the passphrase cannot be read: " + e.getMessage(),
          "--passphrase-file FILE",
          e);
    }
  }
}
