package io.coterie.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real guests under QEMU: migration, and devices that die in the middle of one. */
@Tag("S0-4.1")
@Timeout(500)
class MachinesTest {
  private MovingGuest guest;
  private Cli cli;

  @BeforeEach
  void twoDevicesAndAGuestOnTheFirst() throws Exception {
    guest = new MovingGuest();
    cli = guest.cli;
  }

  @AfterEach
  void end() throws Exception {
    guest.close();
  }

  /** Sends a machine on its way and returns the operation's id. */
  private String migrateInBackground() throws Exception {
    return cli.on("a", "vm", "migrate", "g", "--to", "b", "--no-wait").ok().out().trim();
  }

  private void awaitStep(String operation, String step) throws Exception {
    for (int i = 0; i < 600; i++) {
      Cli.Result shown = cli.on("a", "op", "show", operation, "-o", "csv");
      if (shown.out().contains(step)) {
        return;
      }
      if (shown.out().contains(",done,") || shown.out().contains(",failed,")) {
        return; // it was quicker than this test
      }
      Thread.sleep(20);
    }
    throw new AssertionError("the migration never came to: " + step);
  }

  @Test
  void aGuestMovesThereAndBackAndItsWriterIsAlwaysOne() throws Exception {
    cli.on("a", "vm", "migrate", "g", "--to", "b").ok();
    cli.on("a", "vm", "info", "g").fails(3, "COT-0707");
    guest.awaitBeats("b", 3);
    assertEquals("running", guest.state("b"));
    long epoch = Long.parseLong(cli.cell("a", "write_epoch", "volume", "info", "g"));
    cli.on("b", "vm", "migrate", "g", "--to", "a").ok();
    guest.awaitBeats("a", 3);
    assertEquals(epoch + 1, Long.parseLong(cli.cell("a", "write_epoch", "volume", "info", "g")));
    cli.on("a", "vm", "start", "g").fails(5, "COT-0725");
    cli.on("a", "vm", "rm", "g", "--yes").fails(5, "COT-0729");
    cli.on("a", "volume", "rm", "g", "--yes").fails(5, "COT-0503");
    cli.run("device", "stop", "a").fails(5, "COT-0909");
    cli.on("a", "vm", "stop", "g", "--grace", "0").ok();
    cli.on("a", "volume", "check", "g").ok();
    cli.on("a", "vm", "rm", "g", "--yes").ok();
    cli.on("a", "volume", "info", "g").fails(3, "COT-0501");
  }

  @Test
  void theTargetsDeathDuringTheCopyLeavesTheGuestRunningAtTheSource() throws Exception {
    String operation = migrateInBackground();
    awaitStep(operation, "moving memory");
    cli.kill9("b");
    cli.on("a", "op", "wait", operation).fails(1, "COT-0713");
    guest.awaitBeats("a", 3);
    assertEquals("running", guest.state("a"));
    cli.run("device", "start", "b").ok();
    guest.awaitGone("b");
    cli.on("a", "vm", "migrate", "g", "--to", "b").ok();
    guest.awaitBeats("b", 3);
  }

  @Test
  void theSourcesDeathDuringTheCopyLeavesTheGuestRunningAtTheSource() throws Exception {
    String operation = migrateInBackground();
    awaitStep(operation, "moving memory");
    cli.kill9("a");
    cli.run("device", "start", "a").ok();
    guest.awaitBeats("a", 3);
    assertEquals("running", guest.state("a"));
    guest.awaitGone("b");
  }

  @Test
  void killNineOfTheDeviceThatRunsTheGuestIsNotSeenByTheGuest() throws Exception {
    cli.on("a", "vm", "migrate", "g", "--to", "b").ok();
    guest.awaitBeats("b", 3);
    String pid = cli.cell("b", "pid", "vm", "info", "g");
    cli.kill9("b");
    cli.run("device", "start", "b").ok();
    guest.awaitBeats("b", 5);
    assertEquals(pid, cli.cell("b", "pid", "vm", "info", "g"));
    assertEquals("0", cli.cell("b", "io_errors", "vm", "info", "g"));
  }

  @Test
  void killNineOfTheDeviceThatHoldsTheVolumeIsNotSeenByTheGuest() throws Exception {
    cli.on("a", "vm", "migrate", "g", "--to", "b").ok();
    guest.awaitBeats("b", 3);
    cli.kill9("a");
    cli.run("device", "start", "a").ok();
    guest.awaitBeats("b", 5);
    assertEquals("0", cli.cell("b", "io_errors", "vm", "info", "g"));
  }

  @Test
  void aDeviceCanBeRestartedUnderItsGuest() throws Exception {
    cli.run("device", "stop", "a", "--keep-vms").ok();
    cli.run("device", "start", "a").ok();
    guest.awaitBeats("a", 5);
    cli.run("device", "stop", "a", "--stop-vms").ok();
  }

  @Test
  void migrationToADeviceThatIsNotThereIsRefusedAndHarmless() throws Exception {
    cli.on("a", "vm", "migrate", "g", "--to", "nobody").fails(3, "COT-0302");
    cli.run("device", "stop", "b").ok();
    cli.on("a", "vm", "migrate", "g", "--to", "b").fails(1, "COT-0713");
    guest.awaitBeats("a", 3);
  }

  @Test
  void qemuKilledAtAnyTimeIsSeenAndTheMachineStartsAgain() throws Exception {
    long pid = Long.parseLong(cli.cell("a", "pid", "vm", "info", "g"));
    ProcessHandle.of(pid).orElseThrow().destroyForcibly();
    for (int i = 0; i < 100 && !guest.state("a").equals("crashed"); i++) {
      Thread.sleep(50);
    }
    assertEquals("crashed", guest.state("a"));
    assertEquals(1, cli.on("a", "status").code());
    cli.on("a", "vm", "start", "g").ok();
    guest.awaitBeats("a", 3);
  }

  @Test
  void theConsoleShowsWhatTheGuestWrites() throws Exception {
    assertTrue(
        cli.on("a", "vm", "console", "g", "--log").ok().out().contains("COTERIE-GUEST ready"));
    Cli.Result live =
        cli.run(Map.of(), new byte[] {0x1d}, "-d", "a", "--timeout", "10", "vm", "console", "g");
    assertEquals(0, live.code(), live.err());
  }
}
