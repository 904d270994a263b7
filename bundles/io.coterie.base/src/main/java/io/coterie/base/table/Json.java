package io.coterie.base.table;

/** Writes JSON scalars (RFC 8259). */
public final class Json {
  private Json() {}

  static String value(Object cell) {
    if (cell == null) {
      return "null";
    }
    if (cell instanceof Long || cell instanceof Integer || cell instanceof Boolean) {
      return cell.toString();
    }
    if (cell instanceof Double number && Double.isFinite(number)) {
      return number.toString();
    }
    return string(cell.toString());
  }

  /** A text in quotes, with everything escaped that has to be. */
  public static String string(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < 0x20) {
            out.append(String.format("\\u%04x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    return out.append('"').toString();
  }
}
