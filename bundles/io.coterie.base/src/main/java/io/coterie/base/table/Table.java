package io.coterie.base.table;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Rows under named columns. Column names are the JSON keys. Cells are text, {@link Long}, {@link
 * Integer}, {@link Double}, {@link Boolean} or null. Not thread-safe.
 */
public final class Table {
  /** Raised when a key is removed or changes its meaning. */
  public static final int SCHEMA = 1;

  private final String kind;
  private final List<String> columns;
  private final List<List<Object>> rows = new ArrayList<>();

  /**
   * An empty table.
   *
   * @param kind names the rows in JSON, for instance {@code "volumes"}
   */
  public Table(String kind, String... columns) {
    this.kind = kind;
    this.columns = List.of(columns);
  }

  /** Adds a row; it has as many cells as there are columns. */
  public Table row(Object... cells) {
    if (cells.length != columns.size()) {
      throw new IllegalArgumentException(cells.length + " cells for " + columns.size());
    }
    List<Object> row = new ArrayList<>();
    for (Object cell : cells) {
      row.add(cell);
    }
    rows.add(row);
    return this;
  }

  /** Prints in the form that {@code -o} named. */
  public void print(PrintStream out, String format) {
    switch (OutputFormat.parse(format)) {
      case TABLE -> printTable(out);
      case JSON -> printJson(out);
      case CSV -> printCsv(out);
    }
  }

  private void printTable(PrintStream out) {
    int[] widths = new int[columns.size()];
    for (int c = 0; c < widths.length; c++) {
      widths[c] = columns.get(c).length();
      for (List<Object> row : rows) {
        widths[c] = Math.max(widths[c], width(text(row.get(c))));
      }
    }
    out.println(line(columns, widths, true));
    for (List<Object> row : rows) {
      out.println(line(row, widths, false));
    }
  }

  private static String line(List<?> cells, int[] widths, boolean header) {
    StringBuilder line = new StringBuilder();
    for (int c = 0; c < widths.length; c++) {
      String text =
          header ? text(cells.get(c)).toUpperCase(java.util.Locale.ROOT) : text(cells.get(c));
      line.append(text);
      if (c < widths.length - 1) {
        line.append(" ".repeat(widths[c] - width(text) + 2));
      }
    }
    return line.toString();
  }

  private static int width(String text) {
    return text.codePointCount(0, text.length());
  }

  private static String text(Object cell) {
    return cell == null ? "-" : cell.toString();
  }

  private void printCsv(PrintStream out) {
    out.println(String.join(",", columns));
    for (List<Object> row : rows) {
      out.println(String.join(",", row.stream().map(Table::csv).toList()));
    }
  }

  private static String csv(Object cell) {
    String text = cell == null ? "" : cell.toString();
    boolean quote = text.matches("(?s).*[\",\n\r].*");
    return quote ? '"' + text.replace("\"", "\"\"") + '"' : text;
  }

  private void printJson(PrintStream out) {
    StringBuilder json = new StringBuilder("{\"schema\":").append(SCHEMA);
    json.append(",\"").append(kind).append("\":[");
    for (int r = 0; r < rows.size(); r++) {
      json.append(r == 0 ? "\n" : ",\n").append("  {");
      for (int c = 0; c < columns.size(); c++) {
        json.append(c == 0 ? "" : ",");
        json.append(Json.string(columns.get(c))).append(':').append(Json.value(rows.get(r).get(c)));
      }
      json.append('}');
    }
    out.println(json.append(rows.isEmpty() ? "]}" : "\n]}"));
  }
}
