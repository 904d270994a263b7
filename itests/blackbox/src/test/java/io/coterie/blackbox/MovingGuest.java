package io.coterie.blackbox;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Two devices {@code a} and {@code b} that trust each other, and the machine {@code g} that runs on
 * {@code a} at first: a real guest whose heartbeats go to its serial port and its disk.
 */
final class MovingGuest implements AutoCloseable {
  private static final Pattern BEAT = Pattern.compile("HB n=(\\d+)");
  private static final Path GUEST =
      Path.of(
          System.getenv()
              .getOrDefault("COTERIE_CACHE", System.getProperty("user.home") + "/.cache/coterie"),
          "guest");
  private static final int POLL_MILLIS = 100;
  private static final int BEAT_POLLS = 900;
  private static final int SETTLE_POLLS = 300;

  final Cli cli = new Cli();

  MovingGuest() throws Exception {
    assertTrue(Files.exists(GUEST.resolve("vmlinuz")), "the test guest is not built");
    cli.startFriends("a", "b");
    Path disk = cli.home.resolve("disk.qcow2");
    cli.exec(
            Map.of(),
            new byte[0],
            List.of("qemu-img", "create", "-q", "-f", "qcow2", disk.toString(), "16M"))
        .ok();
    cli.on(
            "a",
            "vm",
            "create",
            "g",
            "--image",
            disk.toString(),
            "--memory",
            "192M",
            "--kernel",
            GUEST.resolve("vmlinuz").toString(),
            "--initrd",
            GUEST.resolve("initrd.gz").toString(),
            "--append",
            "console=ttyS0 quiet panic=-1")
        .ok();
    cli.on("a", "vm", "start", "g").ok();
    awaitBeats("a", 3);
  }

  @Override
  public void close() throws Exception {
    cli.close();
  }

  /** The newest heartbeat that the guest wrote while it ran on this device. */
  long beats(String device) throws IOException {
    Path log = cli.device(device).resolve("log/vm-g.serial.log");
    long last = 0;
    if (Files.exists(log)) {
      String text = Files.readString(log);
      assertFalse(text.contains("HB-ERROR"), "the guest saw an error");
      Matcher m = BEAT.matcher(text);
      while (m.find()) {
        last = Long.parseLong(m.group(1));
      }
    }
    return last;
  }

  void awaitBeats(String device, int more) throws Exception {
    long first = beats(device);
    for (int i = 0; i < BEAT_POLLS; i++) {
      if (beats(device) >= first + more) {
        return;
      }
      Thread.sleep(POLL_MILLIS);
    }
    throw new AssertionError("no heartbeats on " + device + " after " + first);
  }

  /** How the machine stands, once a restarted device has found it out; "none" without one. */
  String state(String device) throws Exception {
    for (int i = 0; i < SETTLE_POLLS; i++) {
      Cli.Result info = cli.on(device, "vm", "info", "g", "-o", "csv");
      if (info.code() == 3) {
        return "none";
      }
      // One answer only: the machine may be gone by the next question.
      String[] rows = info.ok().out().split("\n");
      List<String> header = List.of(rows[0].split(","));
      String state = rows[1].split(",", -1)[header.indexOf("state")];
      if (!state.equals("settling")) {
        return state;
      }
      Thread.sleep(POLL_MILLIS);
    }
    throw new AssertionError("how the machine stands on " + device + " is never found out");
  }

  void move(String from, String to) throws Exception {
    cli.on(from, "vm", "migrate", "g", "--to", to).ok();
    awaitBeats(to, 3);
  }

  void awaitGone(String device) throws Exception {
    for (int i = 0; i < SETTLE_POLLS; i++) {
      if (cli.on(device, "vm", "list", "-o", "csv").ok().out().split("\n").length == 1) {
        return;
      }
      Thread.sleep(POLL_MILLIS);
    }
    throw new AssertionError("the half-received machine is still on " + device);
  }

  void restart(String device, Map<String, String> environment) throws Exception {
    cli.run("device", "stop", device, "--keep-vms").ok();
    cli.run(environment, new byte[0], "device", "start", device).ok();
  }
}
