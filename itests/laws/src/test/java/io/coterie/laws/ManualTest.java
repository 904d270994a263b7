package io.coterie.laws;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The manual knows every error and every command says how it is used. */
class ManualTest {
  private static final Pattern CODE = Pattern.compile("COT-\\d{4}");
  private static final Pattern COMMAND =
      Pattern.compile("@Command\\((.*?)\\)\\s*public final class", Pattern.DOTALL);

  private static Set<String> codesIn(List<Path> files) throws Exception {
    Set<String> codes = new TreeSet<>();
    for (Path file : files) {
      Matcher m = CODE.matcher(Files.readString(file));
      while (m.find()) {
        codes.add(m.group());
      }
    }
    return codes;
  }

  private static List<Path> shipped() throws Exception {
    List<Path> files = new ArrayList<>();
    for (String under : List.of("bundles", "plugins-crypto", "plugins-transport")) {
      for (Path file : Modules.sources(under, ".java")) {
        if (file.toString().contains("/src/main/")) {
          files.add(file);
        }
      }
    }
    files.addAll(Modules.sources("karaf-assembly/src", ".sh"));
    files.addAll(Modules.sources("karaf-assembly/src", ".pl"));
    files.addAll(Modules.sources("itests/scripts", ".sh"));
    files.add(Modules.ROOT.resolve("coterie"));
    return files;
  }

  @Test
  void everyErrorCodeHasItsPlaceInTheManualAndNoOtherDoes() throws Exception {
    Set<String> inManual = codesIn(List.of(Modules.ROOT.resolve("docs/manual/errors.md")));
    assertEquals(codesIn(shipped()), inManual);
  }

  @Test
  void everyCommandHasADescriptionAndAnExample() throws Exception {
    int commands = 0;
    for (Path file : shipped()) {
      String source = Files.readString(file);
      if (!source.contains("@Command(") || !file.toString().endsWith(".java")) {
        continue;
      }
      Matcher m = COMMAND.matcher(source);
      assertTrue(m.find(), file + " has a command in an unknown form");
      assertTrue(m.group(1).matches("(?s).*description =\\s*\".*"), file + " has no description");
      assertTrue(m.group(1).contains("\"Example: coterie "), file + " has no example");
      commands++;
    }
    assertTrue(commands > 25, "only " + commands + " commands were found");
  }

  @Test
  void everyReadCommandHasTheOutputOption() throws Exception {
    for (Path file : shipped()) {
      String name = file.getFileName().toString();
      boolean reads = name.matches(".*(List|Info|Show|Status)Command\\.java");
      if (reads) {
        assertTrue(
            Files.readString(file).contains("@Option(name = \"-o\""), name + " has no option -o");
      }
    }
  }
}
