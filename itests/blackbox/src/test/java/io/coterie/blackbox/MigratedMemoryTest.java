package io.coterie.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The memory of a guest that moves while it writes is whole at the other end: no page is older than
 * the rest. A guest may run on for a while with a torn memory, so that heartbeats alone do not show
 * it. QEMU's fault needs three passes over the memory: the guest writes more in the time of one
 * than QEMU may leave for the end.
 */
@Tag("S0-4.1")
@Timeout(300)
class MigratedMemoryTest {
  private static final int POLLS = 600;
  private static final int POLL_MILLIS = 100;
  private static final int ROUNDS = 3;

  private Cli cli;

  @BeforeEach
  void twoDevicesAndAGuestOnTheFirst() throws Exception {
    cli = new Cli();
    cli.startFriends("a", "b");
    Path disk = cli.home.resolve("disk.img");
    Files.write(disk, MemoryCheckingGuest.disk());
    cli.on(
            "a",
            "vm",
            "create",
            "g",
            "--image",
            disk.toString(),
            "--memory",
            MemoryCheckingGuest.MEMORY)
        .ok();
    cli.on("a", "vm", "start", "g").ok();
  }

  @AfterEach
  void end() throws Exception {
    cli.close();
  }

  /** What the guest wrote since this device has its log. */
  private String written(String device) throws IOException {
    Path log = cli.device(device).resolve("log/vm-g.serial.log");
    String text = Files.exists(log) ? Files.readString(log) : "";
    assertEquals(-1, text.indexOf(MemoryCheckingGuest.TORN), "the guest's memory is torn");
    return text;
  }

  private long rounds(String device) throws IOException {
    return written(device).chars().filter(c -> c == MemoryCheckingGuest.ROUND).count();
  }

  /** After a whole round each page has been looked at. */
  private void awaitRounds(String device) throws Exception {
    long first = rounds(device);
    for (int i = 0; i < POLLS; i++) {
      if (rounds(device) >= first + ROUNDS) {
        return;
      }
      Thread.sleep(POLL_MILLIS);
    }
    throw new AssertionError("the guest does not run on " + device + " after round " + first);
  }

  @Test
  void noPageIsOlderThanTheRestAfterMovesThereAndBack() throws Exception {
    awaitRounds("a");
    for (String[] move : new String[][] {{"a", "b"}, {"b", "a"}}) {
      cli.on(move[0], "vm", "migrate", "g", "--to", move[1]).ok();
      awaitRounds(move[1]);
    }
    cli.on("a", "vm", "stop", "g", "--grace", "0").ok();
  }
}
