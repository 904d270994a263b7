package io.coterie.laws;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * docs/status.md says the truth: every requirement has a row, and the evidence of what works
 * exists.
 */
class StatusTableTest {
  private static final int REQUIREMENTS = 390;
  private static final Pattern ROW =
      Pattern.compile("\\| (S[0-4]-\\d+\\.\\d+) \\| ([a-z ]+) \\| (.*?) \\| (.*?) \\|");
  private static final Set<String> STATES = Set.of("works", "partly", "not yet", "declined");
  private static final Pattern NAME = Pattern.compile("`([A-Za-z0-9_#. -]+)`");

  private record Row(String id, String state, String evidence, String note) {}

  private static List<Row> rows() throws Exception {
    List<Row> rows = new ArrayList<>();
    for (String line : Files.readAllLines(Modules.ROOT.resolve("docs/status.md"))) {
      Matcher m = ROW.matcher(line);
      if (m.matches()) {
        rows.add(new Row(m.group(1), m.group(2), m.group(3).trim(), m.group(4).trim()));
      } else {
        assertTrue(!line.startsWith("| S"), "malformed row: " + line);
      }
    }
    return rows;
  }

  @Test
  void everyRequirementHasExactlyOneRow() throws Exception {
    Set<String> ids = new TreeSet<>();
    for (Row row : rows()) {
      assertTrue(ids.add(row.id()), row.id() + " has two rows");
      assertTrue(STATES.contains(row.state()), row.id() + ": state " + row.state());
    }
    assertEquals(REQUIREMENTS, ids.size());
  }

  @Test
  void whatIsSaidToWorkNamesATestOrBenchThatExists() throws Exception {
    Set<String> known = new HashSet<>();
    for (String under : List.of("bundles", "plugins-crypto", "plugins-transport", "itests")) {
      for (Path file : Modules.sources(under, ".java")) {
        known.add(file.getFileName().toString().replace(".java", ""));
      }
    }
    try (Stream<Path> scripts = Files.list(Modules.ROOT.resolve("itests/scripts"))) {
      scripts.forEach(s -> known.add(s.getFileName().toString().replace(".sh", "")));
    }
    for (Row row : rows()) {
      if (row.state().equals("works")) {
        List<String> named = names(row.evidence());
        assertTrue(!named.isEmpty(), row.id() + " works without evidence");
        for (String name : named) {
          String file =
              name.startsWith("bench ") ? "bench-" + name.substring(6) : name.split("#")[0];
          assertTrue(known.contains(file), row.id() + " names " + name + ", which does not exist");
        }
      } else if (!row.state().equals("not yet")) {
        assertTrue(!row.note().isEmpty(), row.id() + " is " + row.state() + " without a reason");
      }
    }
  }

  private static List<String> names(String evidence) {
    List<String> found = new ArrayList<>();
    Matcher m = NAME.matcher(evidence);
    while (m.find()) {
      found.add(m.group(1));
    }
    return found;
  }

  @Test
  void theReadmeTellsTheSameNumbers() throws Exception {
    String readme = Files.readString(Modules.ROOT.resolve("README.md"));
    for (String state : STATES) {
      long count = rows().stream().filter(r -> r.state().equals(state)).count();
      assertTrue(
          readme.contains("| " + state + " | " + count + " |"),
          "README does not say that " + count + " requirements are '" + state + "'");
    }
  }
}
