package io.coterie.shell.internal.command;

import java.util.List;
import org.apache.karaf.shell.api.console.CommandLine;

/** Words with the cursor at the end of the last one. */
record TypedWords(List<String> words) implements CommandLine {
  @Override
  public int getCursorArgumentIndex() {
    return words.size() - 1;
  }

  @Override
  public String getCursorArgument() {
    return words.get(words.size() - 1);
  }

  @Override
  public int getArgumentPosition() {
    return getCursorArgument().length();
  }

  @Override
  public String[] getArguments() {
    return words.toArray(String[]::new);
  }

  @Override
  public int getBufferPosition() {
    return getBuffer().length();
  }

  @Override
  public String getBuffer() {
    return String.join(" ", words);
  }
}
