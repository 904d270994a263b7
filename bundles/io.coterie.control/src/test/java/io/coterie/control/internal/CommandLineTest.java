package io.coterie.control.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import java.util.List;
import java.util.TreeSet;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.support.completers.FileCompleter;
import org.junit.jupiter.api.Test;

class CommandLineTest {
  private static final TreeSet<String> NAMES =
      new TreeSet<>(
          List.of(
              "status",
              "ready",
              "vm-list",
              "vm-start",
              "volume-list",
              "volume-rm",
              "volume-snapshot-create",
              "volume-snapshot-rm"));

  private static CoterieException unknown(String... words) {
    CoterieException e =
        assertThrows(
            CoterieException.class,
            () -> CommandName.resolve(List.of(words), new TreeSet<>(NAMES)));
    assertEquals(ExitCode.USAGE, e.exit());
    return e;
  }

  @Test
  void nounAndVerbNameACommand() {
    assertEquals(
        new CommandName("coterie:vm-list", 2),
        CommandName.resolve(List.of("vm", "list", "-o", "json"), NAMES));
    assertEquals(
        new CommandName("coterie:status", 1), CommandName.resolve(List.of("status"), NAMES));
    assertEquals(
        new CommandName("coterie:vm-list", 1), CommandName.resolve(List.of("vm-list"), NAMES));
    assertEquals(
        new CommandName("coterie:volume-snapshot-rm", 3),
        CommandName.resolve(List.of("volume", "snapshot", "rm", "web", "now"), NAMES));
  }

  @Test
  void aPartOfANounHasVerbsOfItsOwn() {
    assertEquals("coterie volume snapshot create|rm", unknown("volume", "snapshot").next());
    assertTrue(unknown("volume", "snapshot", "creat").what().contains("did you mean 'create'"));
    assertEquals("coterie volume list|rm|snapshot", unknown("volume").next());
    assertTrue(unknown("volume-snapshot", "rm").what().contains("'volume-snapshot'"));
  }

  @Test
  void anUnknownWordIsAnsweredWithTheNearestOne() {
    assertTrue(unknown("vm", "lst").what().contains("did you mean 'list'"));
    assertTrue(unknown("volum", "list").what().contains("did you mean 'volume'"));
    assertTrue(unknown("vm").next().contains("list|start"));
  }

  @Test
  void hostileWordsAreShownShortAndWithoutControlCharacters() {
    for (String word : new String[] {"a\u001b[2Jb", "x".repeat(5_000), "../..", "🦆", ""}) {
      CoterieException e = unknown(word);
      assertTrue(e.what().length() < 200, e.what());
      assertTrue(e.what().chars().noneMatch(Character::isISOControl), e.what());
    }
  }

  /** An action with every kind of parameter. */
  static final class Sample {
    @Option(name = "-o", aliases = "--output")
    String output;

    @Option(name = "--wait")
    boolean flag;

    @Option(name = "--image")
    @Completion(FileCompleter.class)
    String image;

    @Argument(index = 0)
    String name;

    @Argument(index = 1)
    @Completion(FileCompleter.class)
    String file;
  }

  private static List<String> order(String... words) {
    return ArgumentOrder.optionsFirst(Sample.class, "/home/u", List.of(words));
  }

  @Test
  void optionsWithTheirValuesComeBeforeTheArguments() {
    assertEquals(List.of("-o", "json", "web"), order("web", "-o", "json"));
    assertEquals(
        List.of("--output", "json", "--wait", "web"), order("--output", "json", "web", "--wait"));
    assertEquals(List.of("--wait", "web", "/home/u/x"), order("web", "--wait", "x"));
  }

  @Test
  void fileNamesBeginWhereTheCallerStands() {
    assertEquals(List.of("--image", "/home/u/d.qcow2", "web"), order("web", "--image", "d.qcow2"));
    assertEquals(List.of("--image", "/d.qcow2", "web"), order("--image", "/d.qcow2", "web"));
    assertEquals(List.of("web", "/home/d"), order("web", "../d"));
  }

  @Test
  void wordsThatOnlyLookLikeSyntaxStayAsTheyAre() {
    assertEquals(List.of("$(reboot);`x`|y"), order("$(reboot);`x`|y"));
    assertEquals(List.of("-"), order("-"));
    assertEquals(List.of("-o"), order("-o"));
    assertEquals(List.of(""), order(""));
  }
}
