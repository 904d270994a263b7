package io.coterie.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A device dies at each step of a migration, at either end and while it holds the volume. However
 * far it was: afterwards the guest runs on one device only, it never stopped and saw no error, and
 * it can be moved again. {@code ./coterie campaign migration} tries every step, the tests the most
 * dangerous ones.
 */
@Tag("S0-4.1")
@Timeout(500)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MigrationCrashTest {
  private static final boolean ALL = "migration".equals(System.getProperty("coterie.campaign"));
  private static final long DEATH_MILLIS = 90_000;

  private static final List<Crash> CRASHES =
      List.of(
          new Crash("a", "b", "a", "migrate-source-granted", false),
          new Crash("a", "b", "a", "migrate-source-prepared", false),
          new Crash("a", "b", "a", "migrate-source-copying", false),
          new Crash("a", "b", "a", "migrate-source-paused", false),
          new Crash("a", "b", "a", "volume-writer-drained", false),
          new Crash("a", "b", "a", "migrate-source-switching", false),
          new Crash("a", "b", "a", "migrate-source-activated", true),
          new Crash("a", "b", "a", "migrate-source-continued", true),
          new Crash("a", "b", "a", "migrate-source-running", false),
          new Crash("a", "b", "a", "migrate-source-quit", false),
          new Crash("a", "b", "b", "migrate-target-created", false),
          new Crash("a", "b", "b", "migrate-target-prepared", false),
          new Crash("a", "b", "b", "migrate-target-receiving", false),
          new Crash("a", "b", "b", "migrate-target-resumed", true),
          new Crash("a", "b", "b", "migrate-target-arrived", false),
          new Crash("b", "a", "b", "migrate-source-activated", false),
          new Crash("b", "a", "b", "migrate-source-continued", false),
          new Crash("b", "a", "a", "volume-writer-drained", false),
          new Crash("b", "a", "a", "volume-writer-passed", true),
          new Crash("b", "a", "a", "migrate-target-resumed", false));

  private MovingGuest guest;

  /**
   * One way to die.
   *
   * @param always tried in every test run
   */
  record Crash(String from, String to, String dies, String point, boolean always) {
    @Override
    public String toString() {
      return dies + " dies at " + point + " on the way from " + from + " to " + to;
    }
  }

  static Stream<Crash> crashes() {
    return CRASHES.stream().filter(c -> ALL || c.always());
  }

  @BeforeAll
  void begin() throws Exception {
    guest = new MovingGuest();
  }

  @AfterAll
  void end() throws Exception {
    guest.close();
  }

  @ParameterizedTest
  @MethodSource("crashes")
  void theGuestRunsOnInOnePlaceOnly(Crash crash) throws Exception {
    if (guest.state(crash.from()).equals("none")) {
      guest.move(crash.to(), crash.from());
    }
    guest.restart(
        crash.dies(), Map.of("COTERIE_JAVA_OPTS", "-Dcoterie.fault.halt=" + crash.point()));
    ProcessHandle victim = ProcessHandle.of(guest.cli.pid(crash.dies())).orElseThrow();
    assertEquals("running", guest.state(crash.from()));
    // The command may end with its device.
    guest.cli.on(crash.from(), "vm", "migrate", "g", "--to", crash.to(), "--no-wait");
    for (long waited = 0; victim.isAlive() && waited < DEATH_MILLIS; waited += 50) {
      Thread.sleep(50);
    }
    assertFalse(victim.isAlive(), "the migration never came to " + crash.point());
    guest.cli.run("device", "start", crash.dies()).ok();
    String place = settled(crash);
    guest.awaitBeats(place, 3);
    assertEquals("0", guest.cli.cell(place, "io_errors", "vm", "info", "g"));
    guest.cli.on("a", "volume", "check", "g").ok();
  }

  /** Waits until the machine is known to one device only and runs there. */
  private String settled(Crash crash) throws Exception {
    String seen = "";
    for (int i = 0; i < 120; i++) {
      String a = guest.state("a");
      String b = guest.state("b");
      seen = "a: " + a + ", b: " + b;
      assertTrue(
          !(a.equals("running") && b.equals("running")), "two of it run: " + seen + ", " + crash);
      if (a.equals("running") && b.equals("none")) {
        return "a";
      }
      if (b.equals("running") && a.equals("none")) {
        return "b";
      }
      Thread.sleep(500);
    }
    throw new AssertionError("never settled: " + seen);
  }
}
