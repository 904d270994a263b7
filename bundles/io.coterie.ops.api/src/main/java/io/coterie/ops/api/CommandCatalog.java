package io.coterie.ops.api;

/** Constants that every command of the house shares. */
public final class CommandCatalog {
  /** The scope of all commands in the shell. */
  public static final String SCOPE = "coterie";

  /** The description of the option {@code -o}. */
  public static final String OUTPUT_HELP = "Output format: table, json or csv";

  private CommandCatalog() {}
}
