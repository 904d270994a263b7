package io.coterie.control.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import org.apache.karaf.shell.api.console.Command;

/**
 * Finds the command that {@code noun verb} names, or {@code noun part verb}.
 *
 * @param qualified the name in the shell: {@code coterie:noun-verb}
 * @param words how many of the client's words the name took, 1 to 3
 */
record CommandName(String qualified, int words) {
  static final String SCOPE = "coterie";
  private static final int MAX_WORDS = 3;
  private static final int MAX_SHOWN_CHARS = 60;
  private static final int MAX_SUGGESTIONS = 12;

  /** The name without its scope. */
  String local() {
    return qualified.substring(SCOPE.length() + 1);
  }

  static CommandName resolve(List<String> words, Collection<Command> commands) {
    TreeSet<String> names = new TreeSet<>();
    for (Command command : commands) {
      if (SCOPE.equals(command.getScope())) {
        names.add(command.getName());
      }
    }
    return resolve(words, names);
  }

  static CommandName resolve(List<String> words, TreeSet<String> names) {
    if (words.isEmpty()) {
      throw unknown("no command was given", "coterie help");
    }
    String noun = words.get(0);
    for (int count = Math.min(MAX_WORDS, words.size()); count > 1; count--) {
      String joined = String.join("-", words.subList(0, count));
      boolean plain = joined.chars().filter(c -> c == '-').count() == count - 1;
      if (plain && names.contains(joined)) {
        return new CommandName(SCOPE + ":" + joined, count);
      }
    }
    if (names.contains(noun)) {
      return new CommandName(SCOPE + ":" + noun, 1);
    }
    String part = words.size() > 1 ? noun + "-" + words.get(1) : "";
    if (!part.isEmpty() && !verbs(part, names).isEmpty()) {
      String third = words.size() > 2 ? words.get(2) : "";
      throw unknownVerb(noun + " " + words.get(1), third, verbs(part, names));
    }
    TreeSet<String> verbs = verbs(noun, names);
    if (!verbs.isEmpty()) {
      throw unknownVerb(noun, words.size() > 1 ? words.get(1) : "", verbs);
    }
    TreeSet<String> nouns = new TreeSet<>();
    names.forEach(name -> nouns.add(name.replaceFirst("-.*", "")));
    throw unknown(
        "there is no command '" + shown(noun) + "'" + nearest(noun, nouns), "coterie help");
  }

  /** The words that may stand behind a noun, or behind a noun and a part of it. */
  private static TreeSet<String> verbs(String before, TreeSet<String> names) {
    TreeSet<String> verbs = new TreeSet<>();
    for (String name : names) {
      if (name.startsWith(before + "-")) {
        verbs.add(name.substring(before.length() + 1).replaceFirst("-.*", ""));
      }
    }
    return verbs;
  }

  private static CoterieException unknownVerb(String noun, String verb, TreeSet<String> verbs) {
    String what =
        verb.isEmpty()
            ? "'" + noun + "' needs a verb"
            : "'" + noun + "' has no verb '" + shown(verb) + "'";
    return unknown(what + nearest(verb, verbs), "coterie " + noun + " " + String.join("|", verbs));
  }

  private static CoterieException unknown(String what, String next) {
    return CoterieException.of("COT-0104", ExitCode.USAGE, what, next);
  }

  private static String shown(String word) {
    String printable = word.replaceAll("\\p{Cntrl}", "?");
    return printable.codePointCount(0, printable.length()) <= MAX_SHOWN_CHARS
        ? printable
        : printable.substring(0, printable.offsetByCodePoints(0, MAX_SHOWN_CHARS)) + "...";
  }

  private static String nearest(String word, Collection<String> known) {
    String best = null;
    int bestDistance = 3;
    int seen = 0;
    for (String candidate : known) {
      if (word.length() > MAX_SHOWN_CHARS || seen++ > MAX_SUGGESTIONS * 10) {
        break;
      }
      int distance = distance(word, candidate);
      if (distance < bestDistance) {
        bestDistance = distance;
        best = candidate;
      }
    }
    return best == null ? "" : "; did you mean '" + best + "'?";
  }

  /** Levenshtein's edit distance. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int above = row[j];
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        row[j] = Math.min(Math.min(row[j] + 1, row[j - 1] + 1), diagonal + change);
        diagonal = above;
      }
    }
    return row[b.length()];
  }
}
