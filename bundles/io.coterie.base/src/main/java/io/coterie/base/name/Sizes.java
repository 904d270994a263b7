package io.coterie.base.name;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes as people write them: {@code 512M}, {@code 10G}, {@code 1T}; binary units. */
public final class Sizes {
  private static final Pattern FORM = Pattern.compile("([0-9]{1,15})([KMGT]?)(I?B)?");
  private static final String UNITS = "KMGT";

  private Sizes() {}

  /**
   * Reads a size in bytes.
   *
   * @throws CoterieException COT-0004 when the text is no size
   */
  public static long parse(String text) {
    Matcher m = FORM.matcher(text == null ? "" : text.trim().toUpperCase(Locale.ROOT));
    if (m.matches()) {
      long value = Long.parseLong(m.group(1));
      int shift = m.group(2).isEmpty() ? 0 : 10 * (UNITS.indexOf(m.group(2)) + 1);
      if (value <= Long.MAX_VALUE >> shift) {
        return value << shift;
      }
    }
    throw CoterieException.of(
        "COT-0004", ExitCode.USAGE, "'" + text + "' is no size", "a number with K, M, G or T: 10G");
  }

  /** The size with one decimal and a binary unit. */
  public static String format(long bytes) {
    if (bytes < 1024) {
      return bytes + " B";
    }
    double value = bytes;
    int unit = -1;
    while (value >= 1024 && unit < UNITS.length() - 1) {
      value /= 1024;
      unit++;
    }
    return String.format(Locale.ROOT, "%.1f %ciB", value, UNITS.charAt(unit));
  }
}
