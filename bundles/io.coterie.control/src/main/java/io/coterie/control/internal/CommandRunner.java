package io.coterie.control.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.prompt.Prompt;
import io.coterie.ops.api.DeviceLock;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.karaf.shell.api.console.Command;
import org.apache.karaf.shell.api.console.Session;
import org.apache.karaf.shell.api.console.SessionFactory;
import org.apache.karaf.shell.support.CommandException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one command of the house in a session of its own. Arguments travel in session variables and
 * are never parsed, so nothing in them can be taken for shell syntax.
 */
final class CommandRunner {
  static final int INTERRUPTED = 130;
  private static final Logger LOG = LoggerFactory.getLogger(CommandRunner.class);
  private static final Pattern ANSI = Pattern.compile("\u001b\\[[0-9;]*[A-Za-z]");
  private static final String HELP = "--help";

  private final SessionFactory sessions;
  private final Collection<DeviceLock> locks;

  /**
   * A runner.
   *
   * @param locks those of the device now; the collection changes
   */
  CommandRunner(SessionFactory sessions, Collection<DeviceLock> locks) {
    this.sessions = sessions;
    this.locks = locks;
  }

  /**
   * Runs and returns the exit code. Output is flushed when it returns.
   *
   * @param directory where the caller stands: its relative file names begin there
   */
  int run(
      List<String> words,
      String directory,
      InputStream in,
      OutputStream out,
      OutputStream err,
      boolean debug) {
    PrintStream errors = new PrintStream(err, false, StandardCharsets.UTF_8);
    boolean help = words.contains(HELP);
    ByteArrayOutputStream helpText = new ByteArrayOutputStream();
    PrintStream output = new PrintStream(help ? helpText : out, false, StandardCharsets.UTF_8);
    try {
      return LocalOwner.call(() -> execute(words, directory, in, output, errors));
    } catch (CoterieException e) {
      errors.println(e.render());
      debug(e, errors, debug);
      return e.exit().code();
    } catch (CommandException e) {
      String message = e.getMessage() == null ? e.toString() : e.getMessage();
      String plain = ANSI.matcher(message).replaceAll("").trim();
      errors.println("error COT-0109: " + plain);
      errors.println(
          "try: coterie "
              + String.join(" ", words.subList(0, Math.min(2, words.size())))
              + " --help");
      return ExitCode.USAGE.code();
    } catch (InterruptedException e) {
      return INTERRUPTED;
    } catch (Exception | LinkageError e) {
      return unexpected(e, errors, debug);
    } finally {
      output.flush();
      if (help) {
        passHelp(helpText, out);
      }
      errors.flush();
    }
  }

  private Integer execute(
      List<String> words, String directory, InputStream in, PrintStream output, PrintStream errors)
      throws Exception {
    try (Session session = sessions.create(in, output, errors)) {
      CommandName name = resolve(words, session);
      StringBuilder line = new StringBuilder(name.qualified());
      Command command = session.getRegistry().getCommand(CommandName.SCOPE, name.local());
      List<String> arguments =
          ArgumentOrder.optionsFirst(command, directory, words.subList(name.words(), words.size()));
      for (int i = 0; i < arguments.size(); i++) {
        session.put("argument" + i, arguments.get(i));
        line.append(" $argument").append(i);
      }
      session.put("karaf.printStackTraces", "false");
      if (in instanceof ClientInput client) {
        session.put(Prompt.HIDING, (Prompt.Hiding) client::hide);
      }
      Object result = session.execute(line);
      return result instanceof Integer code ? code : ExitCode.OK.code();
    }
  }

  /** A command that is not there because the device is locked is no unknown command. */
  private CommandName resolve(List<String> words, Session session) {
    try {
      return CommandName.resolve(words, session.getRegistry().getCommands());
    } catch (CoterieException e) {
      throw locks.stream().flatMap(l -> l.reason().stream()).findFirst().orElse(e);
    }
  }

  private static int unexpected(Throwable e, PrintStream errors, boolean debug) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof CoterieException known) {
        errors.println(known.render());
        debug(e, errors, debug);
        return known.exit().code();
      }
      if (cause instanceof InterruptedException) {
        return INTERRUPTED;
      }
    }
    LOG.error("COT-0110 a command failed unexpectedly", e);
    errors.println("error COT-0110: the command failed unexpectedly: " + e);
    errors.println("try: coterie device logs, or the same command with --debug");
    debug(e, errors, debug);
    return ExitCode.FAILED.code();
  }

  private static void debug(Throwable e, PrintStream errors, boolean debug) {
    if (debug) {
      e.printStackTrace(errors);
    }
  }

  /** The container's help is coloured; a pipe must not see that. */
  private static void passHelp(ByteArrayOutputStream help, OutputStream out) {
    String plain = ANSI.matcher(help.toString(StandardCharsets.UTF_8)).replaceAll("");
    try {
      out.write(plain.getBytes(StandardCharsets.UTF_8));
      out.flush();
    } catch (IOException e) {
      LOG.debug("the client left before its help", e);
    }
  }
}
