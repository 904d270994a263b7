package io.coterie.shell.internal.command;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.api.console.Command;
import org.apache.karaf.shell.api.console.Session;

/**
 * {@code coterie complete WORDS...}: candidates for the last word, for shell completion scripts.
 */
@Service
@org.apache.karaf.shell.api.action.Command(
    scope = "coterie",
    name = "complete",
    description = "Prints the completions of the last word, for shell completion scripts",
    detailedDescription = "Example: coterie complete -- vm st")
public final class CompleteCommand implements Action {
  @Argument(name = "words", description = "The words typed so far", multiValued = true)
  List<String> words = List.of();

  @Reference Session session;

  @Override
  public Object execute() {
    List<String> typed = words.isEmpty() ? List.of("") : words;
    TreeSet<String> names = new TreeSet<>();
    for (Command command : session.getRegistry().getCommands()) {
      if ("coterie".equals(command.getScope())) {
        names.add(command.getName());
      }
    }
    TreeSet<String> found = new TreeSet<>();
    if (typed.size() == 1) {
      names.forEach(name -> found.add(name.replaceFirst("-.*", "")));
    } else if (typed.size() == 2) {
      String noun = typed.get(0) + "-";
      names.stream()
          .filter(n -> n.startsWith(noun))
          .forEach(n -> found.add(n.substring(noun.length())));
    } else {
      found.addAll(argument(typed));
    }
    String last = typed.get(typed.size() - 1);
    found.stream().filter(f -> f.startsWith(last)).forEach(System.out::println);
    return null;
  }

  private List<String> argument(List<String> typed) {
    String name = typed.get(0) + "-" + typed.get(1);
    List<String> candidates = new ArrayList<>();
    for (Command command : session.getRegistry().getCommands()) {
      if ("coterie".equals(command.getScope()) && name.equals(command.getName())) {
        List<String> line = new ArrayList<>(List.of("coterie:" + name));
        line.addAll(typed.subList(2, typed.size()));
        command.getCompleter(true).complete(session, new TypedWords(line), candidates);
      }
    }
    return candidates.stream().map(String::trim).toList();
  }
}
