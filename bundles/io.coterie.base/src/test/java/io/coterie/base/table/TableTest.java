package io.coterie.base.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.coterie.base.error.CoterieException;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class TableTest {
  private static String print(Table table, String format) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    table.print(new PrintStream(bytes, true, StandardCharsets.UTF_8), format);
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static Table table() {
    return new Table("things", "name", "size", "ok")
        .row("a", 1L, true)
        .row("say \"x\", y\n", null, false);
  }

  @Test
  void aTableAlignsItsColumns() {
    assertEquals(
        "NAME  SIZE  OK\na     12    true\nlong  -     false\n",
        print(
            new Table("things", "name", "size", "ok").row("a", 12, true).row("long", null, false),
            "table"));
  }

  @Test
  void jsonEscapesAndCarriesItsSchema() {
    assertEquals(
        "{\"schema\":1,\"things\":[\n"
            + "  {\"name\":\"a\",\"size\":1,\"ok\":true},\n"
            + "  {\"name\":\"say \\\"x\\\", y\\n\",\"size\":null,\"ok\":false}\n]}\n",
        print(table(), "json"));
    assertEquals("{\"schema\":1,\"none\":[]}\n", print(new Table("none", "a"), "json"));
    assertEquals(
        "{\"schema\":1,\"t\":[\n  {\"a\":\"\\u0001\"}\n]}\n",
        print(new Table("t", "a").row("\u0001"), "json"));
  }

  @Test
  void csvQuotesWhatNeedsIt() {
    assertEquals("name,size,ok\na,1,true\n\"say \"\"x\"\", y\n\",,false\n", print(table(), "csv"));
  }

  @Test
  void otherFormatsAreRefused() {
    assertThrows(CoterieException.class, () -> print(table(), "yaml"));
    assertThrows(CoterieException.class, () -> print(table(), null));
  }

  @Test
  void aRowMustFit() {
    assertThrows(IllegalArgumentException.class, () -> table().row("a"));
  }
}
