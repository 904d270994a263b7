package io.coterie.volume.image.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.file.SafeFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs QEMU's tools on images that nobody trusts. Where bubblewrap works, they have an empty file
 * system but for the system's libraries and the one image, no network, no capabilities, and die
 * with whoever started them; elsewhere they only cannot gain privileges. Memory and files are
 * bounded in both. Thread-safe.
 */
final class Sandbox {
  private static final Logger LOG = LoggerFactory.getLogger(Sandbox.class);
  private static final long MAX_MEMORY_BYTES = 4L << 30;
  private static final int MAX_FILES = 64;
  private static final long ANSWER_MILLIS = 60_000;
  private static final int MAX_OUTPUT_BYTES = 1 << 20;

  /** Where the image is for the process, when it has a file system of its own. */
  private static final String IMAGE = "/image";

  private static final String DIRECTORY = "/run/image";

  private static final String OUT = "out";

  private final Workspace workspace;
  private Boolean whole;

  Sandbox(Workspace workspace) {
    this.workspace = workspace;
  }

  /** A new directory for a process and what it prints, which the caller deletes. */
  Path directory() throws IOException {
    return workspace.directory();
  }

  /** Whether the process sees nothing but its image. */
  synchronized boolean isWhole() {
    if (whole == null) {
      whole = probe();
      if (!whole) {
        LOG.warn("COT-0550 images are read by processes that see this machine's files");
      }
    }
    return whole;
  }

  private boolean probe() {
    try {
      List<String> line = new ArrayList<>(walls());
      line.addAll(List.of("--", "/usr/bin/true"));
      return run(line).isEmpty();
    } catch (IOException | CoterieException e) {
      LOG.info("COT-0550 bubblewrap does not serve here: {}", e.getMessage());
      return false;
    }
  }

  private static List<String> walls() {
    List<String> line =
        new ArrayList<>(
            List.of(
                "bwrap",
                "--unshare-all",
                "--die-with-parent",
                "--new-session",
                "--cap-drop",
                "ALL",
                "--clearenv",
                "--tmpfs",
                "/",
                "--dev",
                "/dev"));
    for (String part : List.of("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache")) {
      line.addAll(List.of("--ro-bind-try", part, part));
    }
    return line;
  }

  /** The words of a command with the places of its image and its directory put in. */
  interface Words {
    /**
     * Puts them in.
     *
     * @param image where the image is
     * @param directory where sockets are made
     */
    List<String> at(String image, String directory);
  }

  /**
   * A command in its sandbox.
   *
   * @param writes whether it may write the image
   * @param directory in which it may make a socket, or null
   */
  List<String> line(Path image, boolean writes, Path directory, Words words) {
    List<String> line =
        new ArrayList<>(
            List.of(
                "prlimit",
                "--as=" + MAX_MEMORY_BYTES,
                "--nofile=" + MAX_FILES,
                "--core=0",
                "setpriv",
                "--no-new-privs"));
    if (!isWhole()) {
      line.addAll(List.of("--pdeathsig", "KILL"));
      line.addAll(words.at(image.toString(), String.valueOf(directory)));
      return line;
    }
    line.addAll(walls());
    line.addAll(List.of(writes ? "--bind" : "--ro-bind", image.toString(), IMAGE));
    if (directory != null) {
      line.addAll(List.of("--bind", directory.toString(), DIRECTORY));
    }
    line.add("--");
    line.addAll(words.at(IMAGE, DIRECTORY));
    return line;
  }

  /** Runs a command that ends soon, and returns what it prints. */
  String run(List<String> line) throws IOException {
    Path directory = workspace.directory();
    Path out = directory.resolve(OUT);
    Process process = null;
    try {
      process = start(line, out);
      if (!process.waitFor(ANSWER_MILLIS, TimeUnit.MILLISECONDS)) {
        throw new IOException(tool(line) + " did not answer in " + ANSWER_MILLIS + " ms");
      }
      String text = said(out);
      if (process.exitValue() != 0) {
        throw new IOException(text.isEmpty() ? tool(line) + " failed" : text);
      }
      return text;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      if (process != null) {
        process.destroyForcibly();
      }
      SafeFiles.deleteTree(directory);
    }
  }

  /** What a process wrote so far, no more than is of interest. */
  static String said(Path out) throws IOException {
    try (var in = Files.newInputStream(out)) {
      return new String(in.readNBytes(MAX_OUTPUT_BYTES), StandardCharsets.UTF_8).trim();
    }
  }

  /**
   * Starts a command; the thread that calls must live as long as the process is wanted.
   *
   * @param out takes what it prints
   */
  static Process start(List<String> line, Path out) throws IOException {
    line.stream().filter(word -> word.startsWith("qemu-")).findFirst().ifPresent(Sandbox::require);
    try {
      return new ProcessBuilder(line)
          .redirectErrorStream(true)
          .redirectOutput(out.toFile())
          .redirectInput(Path.of("/dev/null").toFile())
          .start();
    } catch (IOException e) {
      throw CoterieException.of(
          "COT-0549",
          ExitCode.FAILED,
          "a tool for images does not start: " + e.getMessage(),
          "apt-get install qemu-utils bubblewrap util-linux",
          e);
    }
  }

  private static void require(String tool) {
    for (String directory : String.valueOf(System.getenv("PATH")).split(":")) {
      if (Files.isExecutable(Path.of(directory.isEmpty() ? "." : directory, tool))) {
        return;
      }
    }
    throw CoterieException.of(
        "COT-0549", ExitCode.FAILED, tool + " is not installed", "apt-get install qemu-utils");
  }

  private static String tool(List<String> line) {
    return line.stream().filter(word -> word.startsWith("qemu-")).findFirst().orElse(line.get(0));
  }
}
