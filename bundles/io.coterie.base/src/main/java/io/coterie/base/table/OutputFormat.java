package io.coterie.base.table;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;

/** The forms in which a read command answers. */
public enum OutputFormat {
  TABLE,
  JSON,
  CSV;

  /**
   * Reads the value of {@code -o}.
   *
   * @throws CoterieException COT-0005 for any other text
   */
  public static OutputFormat parse(String text) {
    return switch (text == null ? "" : text) {
      case "table" -> TABLE;
      case "json" -> JSON;
      case "csv" -> CSV;
      default ->
          throw CoterieException.of(
              "COT-0005",
              ExitCode.USAGE,
              "'" + text + "' is no output format",
              "-o table, -o json or -o csv");
    };
  }
}
