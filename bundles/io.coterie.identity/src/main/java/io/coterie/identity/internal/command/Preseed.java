package io.coterie.identity.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.file.SafeFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Answers to the questions of a command, from a file: lines {@code key = value}, empty lines, and
 * comments behind {@code #}. A key that the command does not know is an error, not a surprise.
 */
final class Preseed {
  private static final int MAX_BYTES = 16 * 1024;

  private final Map<String, String> answers;

  private Preseed(Map<String, String> answers) {
    this.answers = answers;
  }

  /**
   * Reads a file.
   *
   * @param file null for no answers at all
   */
  static Preseed read(String file, Set<String> known) {
    Map<String, String> answers = new LinkedHashMap<>();
    if (file == null) {
      return new Preseed(answers);
    }
    try {
      String text =
          new String(SafeFiles.readBounded(Path.of(file), MAX_BYTES), StandardCharsets.UTF_8);
      int number = 0;
      for (String line : text.split("\n", -1)) {
        number++;
        String bare = line.strip();
        if (!bare.isEmpty() && !bare.startsWith("#")) {
          take(bare, number, known, answers);
        }
      }
      return new Preseed(answers);
    } catch (IOException e) {
      throw wrong("the preseed file cannot be read: " + e.getMessage());
    }
  }

  private static void take(
      String line, int number, Set<String> known, Map<String, String> answers) {
    int equals = line.indexOf('=');
    String key = equals < 0 ? line : line.substring(0, equals).strip();
    if (equals < 0 || !known.contains(key)) {
      throw wrong("line " + number + " of the preseed file is none of " + String.join(", ", known));
    }
    if (answers.put(key, line.substring(equals + 1).strip()) != null) {
      throw wrong("line " + number + " of the preseed file answers '" + key + "' again");
    }
  }

  private static CoterieException wrong(String what) {
    return CoterieException.of(
        "COT-0349", ExitCode.USAGE, what, "docs: manual/commands.md, section Preseed");
  }

  /** The answer, or what was said otherwise. */
  String or(String key, String otherwise) {
    return answers.getOrDefault(key, otherwise);
  }

  /** A number that was answered, or what was said otherwise. */
  int number(String key, int otherwise) {
    String text = answers.get(key);
    if (text == null) {
      return otherwise;
    }
    if (!text.matches("[0-9]{1,6}")) {
      throw wrong("'" + key + "' of the preseed file is no number");
    }
    return Integer.parseInt(text);
  }

  /** Yes or no, or what was said otherwise. */
  boolean yes(String key, boolean otherwise) {
    String text = answers.get(key);
    if (text != null && !text.equals("yes") && !text.equals("no")) {
      throw wrong("'" + key + "' of the preseed file is neither yes nor no");
    }
    return text == null ? otherwise : text.equals("yes");
  }
}
