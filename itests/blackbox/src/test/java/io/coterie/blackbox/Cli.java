package io.coterie.blackbox;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Runs the launcher as a user does, with devices in a scratch directory that is cleared away
 * afterwards.
 */
final class Cli implements AutoCloseable {
  static final Path ROOT =
      Path.of(System.getProperty("coterie.root", "../..")).toAbsolutePath().normalize();
  private static final long LIMIT_SECONDS = 180;

  final Path home;

  Cli() throws IOException {
    home = Files.createTempDirectory(Path.of("/tmp"), "cbt");
  }

  /** What a command did. */
  record Result(int code, String out, String err) {
    Result ok() {
      if (code != 0) {
        throw new AssertionError("exit code " + code + "\n" + out + err);
      }
      return this;
    }

    Result fails(int expected, String errorCode) {
      if (code != expected || !err.contains(errorCode)) {
        throw new AssertionError(
            "expected " + expected + " and " + errorCode + ", got " + code + "\n" + out + err);
      }
      return this;
    }
  }

  Result run(String... words) throws Exception {
    return run(Map.of(), new byte[0], words);
  }

  Result run(Map<String, String> environment, byte[] input, String... words) throws Exception {
    List<String> line = new ArrayList<>(List.of(ROOT.resolve("coterie").toString()));
    line.addAll(List.of(words));
    return exec(environment, input, line);
  }

  Result exec(Map<String, String> environment, byte[] input, List<String> line) throws Exception {
    Path out = Files.createTempFile(home, "out", "");
    Path err = Files.createTempFile(home, "err", "");
    Path in = Files.createTempFile(home, "in", "");
    Files.write(in, input);
    ProcessBuilder builder =
        new ProcessBuilder(line)
            .directory(home.toFile())
            .redirectInput(in.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().put("COTERIE_HOME", home.toString());
    builder.environment().remove("COTERIE_DEVICE");
    builder.environment().putAll(environment);
    Process process = builder.start();
    try {
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError(line + " did not end in " + LIMIT_SECONDS + " s");
      }
      return new Result(
          process.exitValue(),
          Files.readString(out, StandardCharsets.UTF_8),
          Files.readString(err, StandardCharsets.UTF_8));
    } finally {
      Files.deleteIfExists(out);
      Files.deleteIfExists(err);
      Files.deleteIfExists(in);
    }
  }

  Result on(String device, String... words) throws Exception {
    List<String> line = new ArrayList<>(List.of("-d", device));
    line.addAll(List.of(words));
    return run(line.toArray(String[]::new));
  }

  Path device(String name) {
    return home.resolve("devices").resolve(name);
  }

  long pid(String device) throws IOException {
    return Long.parseLong(Files.readString(device(device).resolve("pid")).split(" ")[0]);
  }

  void startNew(String device) throws Exception {
    run("device", "create", device).ok();
    run("device", "start", device).ok();
  }

  /** Two new devices that run and trust each other; the first one founded the coterie. */
  void startFriends(String founder, String guest) throws Exception {
    startNew(founder);
    startNew(guest);
    befriend(founder, guest);
  }

  /** kill -9 of the JVM, and nothing else. */
  void kill9(String device) throws Exception {
    ProcessHandle process = ProcessHandle.of(pid(device)).orElse(null);
    if (process != null) {
      process.destroyForcibly();
      process.onExit().get(20, TimeUnit.SECONDS);
    }
  }

  /** Makes the devices one coterie, listening on loopback; the first one is its founder. */
  void befriend(String... names) throws Exception {
    String founder = names[0];
    on(founder, "init", "--listen", "tcp://127.0.0.1:0").ok();
    for (int i = 1; i < names.length; i++) {
      join(founder, names[i]);
    }
    for (String name : names) {
      awaitPeers(name, names.length - 1);
    }
  }

  /** Lets a device join by a token that is enough by itself. */
  void join(String inviter, String guest) throws Exception {
    String token = on(inviter, "invite", "--no-qr", "--no-wait", "--trust-token").ok().out();
    byte[] typed = token.getBytes(StandardCharsets.UTF_8);
    run(Map.of(), typed, "-d", guest, "join", "--listen", "tcp://127.0.0.1:0").ok();
  }

  /** Waits until a device knows so many others and where they are. */
  void awaitPeers(String device, int count) throws Exception {
    String list = "";
    for (int i = 0; i < 200; i++) {
      list = on(device, "peer", "list", "-o", "csv").ok().out();
      if (list.lines().filter(l -> l.contains("tcp://")).count() == count) {
        return;
      }
      Thread.sleep(100);
    }
    throw new AssertionError(device + " knows only\n" + list);
  }

  /** One cell of a command's CSV answer. */
  String cell(String device, String column, String... words) throws Exception {
    List<String> line = new ArrayList<>(List.of(words));
    line.addAll(List.of("-o", "csv"));
    String[] rows = on(device, line.toArray(String[]::new)).ok().out().split("\n");
    return csv(rows[1]).get(csv(rows[0]).indexOf(column));
  }

  /** The cells of a row as RFC 4180 has them; a cell with a comma stands in quotes. */
  private static List<String> csv(String row) {
    List<String> cells = new ArrayList<>();
    Matcher cell = Pattern.compile("(?:^|,)(?:\"((?:[^\"]|\"\")*)\"|([^,]*))").matcher(row);
    while (cell.find()) {
      cells.add(cell.group(1) == null ? cell.group(2) : cell.group(1).replace("\"\"", "\""));
    }
    return cells;
  }

  /**
   * Ends everything that was started here, by the pids in the files, and clears the directory away.
   */
  @Override
  public void close() throws Exception {
    try (Stream<Path> found = Files.walk(home)) {
      for (Path file : found.toList()) {
        String name = file.getFileName().toString();
        if (name.equals("pid") || name.equals("qemu.pid")) {
          end(file);
        }
      }
    }
    for (int attempt = 1; Files.exists(home); attempt++) {
      try (Stream<Path> found = Files.walk(home)) {
        for (Path file : found.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      } catch (IOException | java.io.UncheckedIOException e) {
        if (attempt == 20) {
          throw e;
        }
        Thread.sleep(100); // a process that was just ended still wrote
      }
    }
  }

  private void end(Path pidFile) throws Exception {
    long pid = Long.parseLong(Files.readString(pidFile).trim().split(" ")[0]);
    Path commandLine = Path.of("/proc", String.valueOf(pid), "cmdline");
    if (Files.exists(commandLine) && Files.readString(commandLine).contains(home.toString())) {
      ProcessHandle.of(pid)
          .ifPresent(
              p -> {
                p.destroyForcibly();
                p.onExit().join();
              });
    }
  }
}
