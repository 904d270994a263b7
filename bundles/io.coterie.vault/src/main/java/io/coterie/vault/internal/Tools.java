package io.coterie.vault.internal;

import io.coterie.base.seam.Threads;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs one small program to its end: no shell, a bare environment, a deadline, bounded output. */
final class Tools {
  private static final long DEADLINE_MILLIS = 30_000;
  private static final int MAX_OUTPUT_BYTES = 8192;

  private final Threads threads;

  Tools(Threads threads) {
    this.threads = threads;
  }

  /**
   * Runs it and returns what it printed.
   *
   * @throws IOException when it cannot be started, does not end in time, or ends with an error
   */
  byte[] run(Path directory, List<String> command, byte[] input) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    Map<String, String> environment = builder.environment();
    environment.keySet().removeIf(name -> !name.equals("PATH"));
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new IOException(command.get(0) + " is not installed (apt-get install tpm2-tools)", e);
    }
    try (Kept output = new Kept();
        Kept errors = new Kept()) {
      Thread reading = threads.start("tool-errors", () -> errors.read(process.getErrorStream()));
      Thread answering = threads.start("tool-output", () -> output.read(process.getInputStream()));
      try {
        feed(process, input);
        boolean ended = process.waitFor(DEADLINE_MILLIS, TimeUnit.MILLISECONDS);
        process.destroyForcibly(); // its streams end, and with them the readers
        reading.join(DEADLINE_MILLIS);
        answering.join(DEADLINE_MILLIS);
        if (!ended) {
          throw new IOException(command.get(0) + " did not end in " + DEADLINE_MILLIS + " ms");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while " + command.get(0) + " ran", e);
      } finally {
        process.destroyForcibly();
      }
      if (process.exitValue() != 0) {
        String said = new String(errors.take(), StandardCharsets.UTF_8);
        throw new IOException(command.get(0) + " failed: " + said.replaceAll("\\s+", " ").trim());
      }
      return output.take();
    }
  }

  private static void feed(Process process, byte[] input) {
    try (OutputStream in = process.getOutputStream()) {
      in.write(input);
    } catch (IOException e) {
      // it ended without reading; its exit code tells why
    }
  }

  /** The beginning of what a program prints. It may be secret: it is wiped at the end. */
  private static final class Kept implements AutoCloseable {
    // As large as the buffer of the pipe's stream, which is then passed by.
    private final byte[] bytes = new byte[MAX_OUTPUT_BYTES];
    private volatile int length;

    /** Reads to the end, so that the program never waits. */
    void read(InputStream in) {
      byte[] rest = new byte[MAX_OUTPUT_BYTES];
      try (in) {
        int n = 0;
        while (n >= 0) {
          boolean full = length == bytes.length;
          n = full ? in.read(rest) : in.read(bytes, length, bytes.length - length);
          length += full ? 0 : Math.max(0, n); // one reader; whoever takes has waited for it
        }
      } catch (IOException e) {
        // the program is gone
      }
    }

    byte[] take() {
      return Arrays.copyOf(bytes, length);
    }

    @Override
    public void close() {
      Arrays.fill(bytes, (byte) 0);
    }
  }
}
