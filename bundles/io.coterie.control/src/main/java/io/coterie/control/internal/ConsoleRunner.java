package io.coterie.control.internal;

import io.coterie.base.prompt.Prompt;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.karaf.shell.api.console.Session;
import org.apache.karaf.shell.api.console.SessionFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens the interactive console of the container on a client's terminal. */
final class ConsoleRunner {
  private static final Logger LOG = LoggerFactory.getLogger(ConsoleRunner.class);

  private final SessionFactory sessions;

  ConsoleRunner(SessionFactory sessions) {
    this.sessions = sessions;
  }

  /** What the client said of its terminal. */
  record Size(String type, int rows, int columns) {
    private static final Pattern FORM =
        Pattern.compile("(?:([A-Za-z0-9._+-]{1,40}) )?([0-9]{1,4}) ([0-9]{1,4})");

    static Size parse(String text) {
      Matcher m = FORM.matcher(text);
      if (!m.matches()) {
        return null;
      }
      String type = m.group(1) == null ? "dumb" : m.group(1);
      return new Size(type, Integer.parseInt(m.group(2)), Integer.parseInt(m.group(3)));
    }
  }

  Console open(Size size, Frames frames) throws IOException {
    return new Console(new ClientTerminal(size, new FrameOutput(frames, FrameType.OUTPUT)));
  }

  /** One open console. */
  final class Console {
    private final ClientTerminal terminal;

    private Console(ClientTerminal terminal) {
      this.terminal = terminal;
    }

    void input(byte[] data) throws IOException {
      terminal.processInputBytes(data);
    }

    void resize(String text) {
      Size size = Size.parse(text);
      if (size != null) {
        terminal.resize(size);
      }
    }

    void run() {
      try {
        LocalOwner.call(
            () -> {
              PrintStream out = new PrintStream(terminal.output(), true, StandardCharsets.UTF_8);
              Session session =
                  sessions.create(terminal.input(), out, out, terminal, "UTF-8", () -> {});
              Prompt.Hiding hiding = hidden -> terminal.setEchoEnabled(!hidden);
              session.put(Prompt.HIDING, hiding);
              session.run();
              session.close();
              return null;
            });
        terminal.close();
      } catch (Exception e) {
        LOG.debug("a console ended", e);
      }
    }
  }
}
