package io.coterie.control.internal;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.console.Command;

/**
 * The container's parser takes options only before the first argument; people write them anywhere.
 * Puts the options, with their values, first.
 */
final class ArgumentOrder {
  private ArgumentOrder() {}

  static List<String> optionsFirst(Command command, List<String> words) {
    return optionsFirst(optionsWithValue(command), words);
  }

  static List<String> optionsFirst(Set<String> withValue, List<String> words) {
    List<String> options = new ArrayList<>();
    List<String> arguments = new ArrayList<>();
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      if (word.length() < 2 || word.charAt(0) != '-') {
        arguments.add(word);
      } else {
        options.add(word);
        if (withValue.contains(word) && i + 1 < words.size()) {
          options.add(words.get(++i));
        }
      }
    }
    options.addAll(arguments);
    return options;
  }

  /** The names of those options of a command that are followed by a value. */
  private static Set<String> optionsWithValue(Command command) {
    Set<String> names = new HashSet<>();
    for (Class<?> type = actionClass(command); type != null; type = type.getSuperclass()) {
      for (Field field : type.getDeclaredFields()) {
        Option option = field.getAnnotation(Option.class);
        if (option != null
            && field.getType() != boolean.class
            && field.getType() != Boolean.class) {
          names.add(option.name());
          names.addAll(List.of(option.aliases()));
        }
      }
    }
    return names;
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
