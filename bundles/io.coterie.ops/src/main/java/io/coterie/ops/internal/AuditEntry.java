package io.coterie.ops.internal;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One line of the audit log, taken apart. */
public record AuditEntry(long number, String at, String event, String subject, String detail) {
  private static final String TEXT = "\"((?:[^\"\\\\]|\\\\.)*)\"";
  private static final Pattern LINE =
      Pattern.compile(
          "\\{\"n\":([0-9]{1,18}),\"at\":"
              + TEXT
              + ",\"event\":"
              + TEXT
              + ",\"subject\":"
              + TEXT
              + ",\"detail\":"
              + TEXT
              + ",\"prev\":\"[0-9a-f]{64}\"\\}");

  /** The entry of a line, or null when it is none. */
  public static AuditEntry parse(String line) {
    Matcher m = LINE.matcher(line);
    return !m.matches()
        ? null
        : new AuditEntry(
            Long.parseLong(m.group(1)),
            plain(m.group(2)),
            plain(m.group(3)),
            plain(m.group(4)),
            plain(m.group(5)));
  }

  /**
   * Control characters never get into the log, so quotes and backslashes are all that is escaped.
   */
  private static String plain(String escaped) {
    return escaped.replaceAll("\\\\(.)", "$1");
  }
}
