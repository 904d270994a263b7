package io.coterie.control.internal;

import io.coterie.base.error.ExitCode;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.Threads;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One client: gathers the request, runs it on a second thread, and hears of input and hang-up. */
final class ControlConnection {
  static final int MAX_ARGUMENTS = 256;
  private static final long MAX_DEADLINE_MILLIS = 24L * 3600 * 1000;
  private static final long SHOW_MILLIS = 100;
  private static final Logger LOG = LoggerFactory.getLogger(ControlConnection.class);

  private final Frames frames;
  private final CommandRunner commands;
  private final ConsoleRunner consoles;
  private final Threads threads;
  private final Clock clock;
  private final FrameOutput output;
  private final FrameOutput errors;
  private final ClientInput input;
  private final List<String> arguments = new ArrayList<>();
  private long deadlineMillis = MAX_DEADLINE_MILLIS;
  private boolean debug;
  private String directory = "/";
  private Thread worker;
  private volatile boolean timedOut;
  private volatile ConsoleRunner.Console console;

  ControlConnection(
      SocketChannel channel,
      CommandRunner commands,
      ConsoleRunner consoles,
      Threads threads,
      Clock clock) {
    this.frames = new Frames(channel);
    this.commands = commands;
    this.consoles = consoles;
    this.threads = threads;
    this.clock = clock;
    this.output = new FrameOutput(frames, FrameType.OUTPUT);
    this.errors = new FrameOutput(frames, FrameType.ERROR);
    this.input = new ClientInput(frames, this::showOutput);
  }

  void refuse(String code, String why) throws IOException {
    try (frames) {
      sendError("error " + code + ": " + why + "\n");
      frames.writeExit(ExitCode.FAILED.code());
    }
  }

  void hangUp() {
    try {
      frames.close();
    } catch (IOException e) {
      LOG.debug("closing a control connection", e);
    }
  }

  /** Reads frames until the client hangs up or the command's end closes the connection. */
  void serve() {
    try (frames) {
      for (Frames.Frame frame = frames.read(); frame != null; frame = frames.read()) {
        if (!take(frame)) {
          refuse("COT-0107", "the request does not follow the control protocol");
          break;
        }
      }
    } catch (IOException e) {
      LOG.debug("a control connection ended: {}", e.toString());
    } finally {
      input.end();
      if (worker != null) {
        worker.interrupt();
      }
    }
  }

  private boolean take(Frames.Frame frame) throws IOException {
    if (frame.type() == FrameType.INPUT) {
      input(frame.payload());
      return true;
    }
    String text = new String(frame.payload(), StandardCharsets.UTF_8);
    switch (frame.type()) {
      case FrameType.ARGUMENT -> {
        arguments.add(text);
        return worker == null && arguments.size() <= MAX_ARGUMENTS;
      }
      case FrameType.DEADLINE -> {
        if (worker != null || !text.matches("[0-9]{1,9}")) {
          return false;
        }
        deadlineMillis = Math.min(Long.parseLong(text), MAX_DEADLINE_MILLIS);
      }
      case FrameType.DIRECTORY -> directory = text;
      case FrameType.DEBUG -> debug = true;
      case FrameType.RUN -> {
        if (worker != null) {
          return false;
        }
        worker = threads.start("control-command", this::runCommand);
        threads.start("control-deadline", this::watchDeadline);
        threads.start("control-output", this::showNowAndThen);
      }
      case FrameType.CONSOLE -> {
        if (worker != null) {
          return false;
        }
        ConsoleRunner.Size size = ConsoleRunner.Size.parse(text);
        if (size == null) {
          return false;
        }
        console = consoles.open(size, frames);
        worker = threads.start("control-console", () -> runConsole(console));
      }
      case FrameType.INPUT_END -> input.end();
      case FrameType.WINDOW -> {
        if (console != null) {
          console.resize(text);
        }
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  /** It may be a passphrase, so no text is made of it. */
  private void input(byte[] data) throws IOException {
    if (console != null) {
      console.input(data);
    } else {
      input.arrived(data);
    }
  }

  private void runCommand() {
    int code = commands.run(List.copyOf(arguments), directory, input, output, errors, debug);
    finish(code);
  }

  /**
   * The shell swallows the flushes of commands. So what was written is sent from time to time, and
   * before somebody is asked for an answer to it.
   */
  private void showOutput() throws IOException {
    output.flush();
    errors.flush();
  }

  /** On a thread of its own: a client that does not read stops nobody but this. */
  private void showNowAndThen() {
    try {
      while (worker.isAlive()) {
        worker.join(SHOW_MILLIS);
        showOutput();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      LOG.debug("the client left: {}", e.toString());
    }
  }

  private void runConsole(ConsoleRunner.Console open) {
    open.run();
    finish(ExitCode.OK.code());
  }

  private void finish(int code) {
    try (frames) {
      if (timedOut) {
        sendError(
            "error COT-0108: the command did not end within its deadline of "
                + deadlineMillis
                + " ms\ntry: coterie op list\n");
      }
      frames.writeExit(timedOut ? ExitCode.TIMED_OUT.code() : code);
    } catch (IOException e) {
      LOG.debug("the client left before the end: {}", e.toString());
    }
  }

  private void watchDeadline() {
    long endNanos = clock.monotonicNanos() + deadlineMillis * 1_000_000;
    try {
      long leftMillis = deadlineMillis;
      while (leftMillis > 0 && worker.isAlive()) {
        worker.join(leftMillis);
        leftMillis = (endNanos - clock.monotonicNanos()) / 1_000_000;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (worker.isAlive()) {
      timedOut = true;
      worker.interrupt();
    }
  }

  private void sendError(String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    frames.write(FrameType.ERROR, bytes, 0, bytes.length);
  }
}
