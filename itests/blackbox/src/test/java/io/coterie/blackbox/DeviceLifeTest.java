package io.coterie.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Creating, starting, killing and starting again. */
@Timeout(400)
class DeviceLifeTest {
  private Cli cli;

  @BeforeEach
  void begin() throws Exception {
    cli = new Cli();
  }

  @AfterEach
  void end() throws Exception {
    cli.close();
  }

  @Test
  void aDeviceIsCreatedStartedStoppedAndDeleted() throws Exception {
    cli.run("status").fails(3, "COT-0902");
    cli.startNew("a");
    cli.run("device", "create", "a").fails(5, "COT-0903");
    assertTrue(cli.run("device", "start", "a").ok().out().contains("runs already"));
    assertTrue(cli.run("device", "list", "-o", "csv").ok().out().contains("a,running,"));
    cli.run("device", "rm", "a", "--yes").fails(5, "COT-0912");
    String id = cli.cell("a", "id", "identity", "show");
    cli.run("device", "stop", "a").ok();
    cli.run("-d", "a", "status").fails(1, "COT-0923");
    cli.run("device", "start", "a").ok();
    assertEquals(id, cli.cell("a", "id", "identity", "show"));
    assertTrue(cli.run("device", "logs", "a").ok().out().contains("INFO"));
    cli.run("device", "stop", "a").ok();
    cli.run("device", "rm", "a").fails(2, "COT-0914");
    cli.run("device", "rm", "a", "--yes").ok();
    assertFalse(Files.exists(cli.device("a")));
  }

  @Test
  void theRecordLayerOfLinksIsChosenByTheDevicesConfiguration() throws Exception {
    cli.run("device", "create", "a").ok();
    Path file = cli.device("a").resolve("config/io.coterie.mesh.cfg");
    Files.writeString(file, "recordLayer = Library\n");
    cli.run("device", "start", "a").ok();
    assertTrue(cli.on("a", "status").ok().out().contains("records by the library"));
    assertTrue(cli.run("device", "logs", "a").ok().out().contains("COT-0418"));
    cli.run("device", "stop", "a").ok();
    Files.writeString(file, "recordLayer = stone\n");
    cli.run("device", "start", "a").ok();
    assertTrue(cli.on("a", "status").out().contains("COT-0417"));
    cli.run("device", "stop", "a").ok();
  }

  @Test
  void badDeviceNamesAndTooLongPathsAreRefused() throws Exception {
    for (String name : new String[] {"A", "a/b", "..", "a b", "-x", "x".repeat(41), ""}) {
      cli.run("device", "create", name).fails(2, "COT-0901");
    }
    Path deep = cli.home.resolve("d".repeat(60));
    cli.run(Map.of("COTERIE_HOME", deep.toString()), new byte[0], "device", "create", "a")
        .fails(2, "COT-0904");
    assertFalse(Files.exists(deep.resolve("devices/a")));
  }

  /** At any moment of the first boot: the next start is sound and everything works. */
  @Test
  void killingTheFirstBootAtAnyMomentLeavesADeviceThatStarts() throws Exception {
    cli.run("device", "create", "a").ok();
    for (int millis : new int[] {300, 700, 1100, 1300, 1600, 2000, 2600}) {
      Process starting = start();
      Thread.sleep(millis);
      starting.destroyForcibly().waitFor(); // else the launcher itself would start it again
      cli.kill9("a");
    }
    cli.run("device", "start", "a").ok();
    cli.run("volume", "create", "v", "--size", "1M").ok();
    assertFalse(cli.run("status").ok().out().contains("critical"));
  }

  private Process start() throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(Cli.ROOT.resolve("coterie").toString(), "device", "start", "a")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.environment().put("COTERIE_HOME", cli.home.toString());
    Files.deleteIfExists(cli.device("a").resolve("pid"));
    Process process = builder.start();
    for (int i = 0; i < 500 && !Files.exists(cli.device("a").resolve("pid")); i++) {
      Thread.sleep(10);
    }
    return process;
  }

  @Test
  void aVolumeSurvivesKillNineOfItsDevice() throws Exception {
    cli.startNew("a");
    cli.run("volume", "create", "v", "--size", "64M").ok();
    cli.kill9("a");
    cli.run("device", "start", "a").ok();
    cli.run("volume", "check", "v").ok();
    assertEquals("good", cli.cell("a", "health", "volume", "info", "v"));
  }

  @Test
  void aControlSocketLeftByADeadProcessIsReplaced() throws Exception {
    cli.startNew("a");
    cli.run("device", "stop", "a").ok();
    Path socket = cli.device("a").resolve("run/control.sock");
    try (ServerSocketChannel leftover = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      leftover.bind(UnixDomainSocketAddress.of(socket));
    }
    assertTrue(Files.exists(socket));
    cli.run("-d", "a", "status").fails(1, "COT-0923");
    cli.run("device", "start", "a").ok();
    cli.run("status").ok();
  }

  @Test
  void withoutQemuTheDeviceSaysWhatIsMissing() throws Exception {
    cli.run("device", "create", "a").ok();
    Path bin = Files.createDirectory(cli.home.resolve("bin"));
    for (String tool :
        new String[] {
          "sh",
          "java",
          "perl",
          "readlink",
          "dirname",
          "basename",
          "sed",
          "cut",
          "date",
          "sleep",
          "rm",
          "mkdir",
          "mv",
          "cp",
          "ls",
          "tr",
          "wc",
          "setsid",
          "flock",
          "kill",
          "chmod",
          "id",
          "awk",
          "cat",
          "env",
          "head",
          "df"
        }) {
      Path real = which(tool);
      if (real != null) {
        Files.createSymbolicLink(bin.resolve(tool), real);
      }
    }
    Map<String, String> poor = Map.of("PATH", bin.toString());
    cli.run(poor, new byte[0], "device", "start", "a").ok();
    cli.run("vm", "create", "m", "--disk", "1M").ok();
    Cli.Result start = cli.run("vm", "start", "m").fails(1, "COT-0710");
    assertTrue(start.err().contains("apt-get install"), start.err());
    Cli.Result status = cli.run("status");
    assertEquals(1, status.code());
    assertTrue(status.out().contains("qemu-system-x86_64 is not installed"), status.out());
  }

  private static Path which(String tool) {
    for (String dir : new String[] {"/usr/bin", "/bin", "/usr/sbin"}) {
      if (Files.exists(Path.of(dir, tool))) {
        return Path.of(dir, tool);
      }
    }
    return null;
  }

  @Test
  void aPortInUseIsAClearError() throws Exception {
    cli.startNew("a");
    String address = cli.run("mesh", "listen", "tcp://127.0.0.1:0").ok().out().trim();
    cli.startNew("b");
    cli.on("b", "mesh", "listen", address).fails(1, "COT-0408");
    cli.on("b", "mesh", "listen", "udp://127.0.0.1:1").fails(2, "COT-0407");
    cli.on("b", "mesh", "listen", "nonsense").fails(2, "COT-0401");
    cli.on("b", "mesh", "listen", "tcp://127.0.0.1:0").ok();
  }
}
