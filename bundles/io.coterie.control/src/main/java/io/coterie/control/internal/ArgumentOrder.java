package io.coterie.control.internal;

import java.lang.reflect.Field;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.console.Command;
import org.apache.karaf.shell.support.completers.FileCompleter;

/**
 * Makes of what a person typed what the container's parser takes: options with their values before
 * the arguments, and file names that begin where the caller stands, not where the device does.
 */
final class ArgumentOrder {
  private final Set<String> withValue = new HashSet<>();
  private final Set<String> files = new HashSet<>();
  private final Set<Integer> fileArguments = new HashSet<>();

  private ArgumentOrder(Class<?> action) {
    for (Class<?> type = action; type != null; type = type.getSuperclass()) {
      for (Field field : type.getDeclaredFields()) {
        learn(field);
      }
    }
  }

  static List<String> optionsFirst(Command command, String directory, List<String> words) {
    return optionsFirst(actionClass(command), directory, words);
  }

  static List<String> optionsFirst(Class<?> action, String directory, List<String> words) {
    return new ArgumentOrder(action).order(directory, words);
  }

  private void learn(Field field) {
    Completion completion = field.getAnnotation(Completion.class);
    boolean file = completion != null && completion.value() == FileCompleter.class;
    Option option = field.getAnnotation(Option.class);
    if (option != null && field.getType() != boolean.class && field.getType() != Boolean.class) {
      List<String> names = new ArrayList<>(List.of(option.aliases()));
      names.add(option.name());
      withValue.addAll(names);
      if (file) {
        files.addAll(names);
      }
    }
    Argument argument = field.getAnnotation(Argument.class);
    if (argument != null && file) {
      fileArguments.add(argument.index());
    }
  }

  private List<String> order(String directory, List<String> words) {
    List<String> options = new ArrayList<>();
    List<String> arguments = new ArrayList<>();
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      if (word.length() < 2 || word.charAt(0) != '-') {
        boolean file = fileArguments.contains(arguments.size());
        arguments.add(file ? absolute(directory, word) : word);
      } else {
        options.add(word);
        if (withValue.contains(word) && i + 1 < words.size()) {
          String value = words.get(++i);
          options.add(files.contains(word) ? absolute(directory, value) : value);
        }
      }
    }
    options.addAll(arguments);
    return options;
  }

  private static String absolute(String directory, String file) {
    try {
      return file.isEmpty() ? file : Path.of(directory).resolve(file).normalize().toString();
    } catch (InvalidPathException e) {
      return file; // the command says what is wrong with it
    }
  }

  /** Karaf's own command object knows its action; there is no interface for it. */
  private static Class<?> actionClass(Command command) {
    try {
      return (Class<?>) command.getClass().getMethod("getActionClass").invoke(command);
    } catch (ReflectiveOperationException e) {
      return null; // not an action: its own parser decides
    }
  }
}
