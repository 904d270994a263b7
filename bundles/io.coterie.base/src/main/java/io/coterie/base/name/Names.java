package io.coterie.base.name;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import java.util.regex.Pattern;

/** The one rule for names of volumes, machines and peers: they are also file names. */
public final class Names {
  public static final int MAX_LENGTH = 40;
  private static final Pattern ALLOWED = Pattern.compile("[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?");
  private static final int SHOWN_LENGTH = 60;

  private Names() {}

  /**
   * Returns the name if it is 1 to 40 of a-z, 0-9 and '-', not beginning or ending with '-'.
   *
   * @param kind what is named, for the error: {@code "volume"}
   * @throws CoterieException COT-0003 otherwise
   */
  public static String check(String kind, String name) {
    if (!valid(name)) {
      throw CoterieException.of(
          "COT-0003",
          ExitCode.USAGE,
          "'" + shown(name) + "' is no valid " + kind + " name",
          "1 to " + MAX_LENGTH + " characters of a-z, 0-9 and '-', for instance " + kind + "-1");
    }
    return name;
  }

  /** True when {@link #check} would return the name. */
  public static boolean valid(String name) {
    return name != null && ALLOWED.matcher(name).matches();
  }

  /** The name as it may be printed: without control characters and not too long. */
  public static String shown(String name) {
    if (name == null) {
      return "";
    }
    String printable = name.replaceAll("\\p{Cntrl}", "?");
    return printable.length() <= SHOWN_LENGTH
        ? printable
        : printable.substring(0, printable.offsetByCodePoints(0, 20)) + "...";
  }
}
