package io.coterie.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One device, its doors and its commands. */
@Timeout(240)
class DeviceCommandsTest {
  private static Cli cli;

  @BeforeAll
  static void oneDevice() throws Exception {
    cli = new Cli();
    cli.startNew("a");
  }

  @AfterAll
  static void end() throws Exception {
    cli.close();
  }

  @Test
  void theControlSocketIsTheOnlyDoorAndOnlyItsOwnersMayUseIt() throws Exception {
    Path socket = cli.device("a").resolve("run/control.sock");
    assertEquals(
        "rw-------",
        PosixFilePermissions.toString(
            Files.getPosixFilePermissions(socket, LinkOption.NOFOLLOW_LINKS)));
    assertEquals(
        "rwx------",
        PosixFilePermissions.toString(Files.getPosixFilePermissions(socket.getParent())));
    assertEquals(
        "rw-------",
        PosixFilePermissions.toString(
            Files.getPosixFilePermissions(cli.device("a").resolve("identity"))));
    String sockets = cli.exec(Map.of(), new byte[0], List.of("ss", "-lntup")).ok().out();
    assertFalse(sockets.contains("pid=" + cli.pid("a") + ","), sockets);
  }

  @Test
  void theDeviceInheritsNoFileDescriptorOfItsCaller() throws Exception {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + cli.pid("a") + "/fd"))) {
      for (Path d : descriptors.toList()) {
        String target = readLink(d);
        boolean own =
            target.startsWith(cli.home.toString())
                || target.startsWith(Cli.ROOT.toString())
                || target.startsWith("/dev/")
                || target.startsWith("/usr/lib/jvm")
                || target.startsWith("/proc/")
                || target.startsWith("socket:")
                || target.startsWith("anon_inode:")
                || target.isEmpty();
        assertTrue(own, d + " -> " + target);
      }
    }
  }

  private static String readLink(Path path) {
    try {
      return Files.readSymbolicLink(path).toString();
    } catch (IOException e) {
      return "";
    }
  }

  @Test
  void statusSaysTheVerdictFirst() throws Exception {
    String out = cli.run("status").ok().out();
    assertTrue(out.startsWith("device a: "), out);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "status",
        "help",
        "vm list",
        "volume list",
        "peer list",
        "link list",
        "mesh status",
        "op list",
        "feature list",
        "identity show",
        "key list"
      })
  void everyReadCommandAnswersInThreeForms(String command) throws Exception {
    List<String> words = new ArrayList<>(List.of(command.split(" ")));
    words.add("-o");
    words.add("json");
    JsonNode json = new ObjectMapper().readTree(cli.run(words.toArray(String[]::new)).ok().out());
    assertEquals(1, json.path("schema").asInt());
    words.set(words.size() - 1, "csv");
    String header = cli.run(words.toArray(String[]::new)).ok().out().split("\n")[0];
    assertTrue(header.matches("[a-z_]+(,[a-z_]+)+"), header);
    words.set(words.size() - 1, "table");
    String table = cli.run(words.toArray(String[]::new)).ok().out();
    assertFalse(table.contains("\u001b["), "colour in " + table);
    words.set(words.size() - 1, "xml");
    cli.run(words.toArray(String[]::new)).fails(2, "COT-0005");
  }

  @Test
  void unknownNounsVerbsAndOptionsAreUsageErrorsWithASuggestion() throws Exception {
    Cli.Result noun = cli.run("volum", "list").fails(2, "COT-0104");
    assertTrue(noun.err().contains("did you mean 'volume'"), noun.err());
    Cli.Result verb = cli.run("volume", "lst").fails(2, "COT-0104");
    assertTrue(verb.err().contains("did you mean 'list'"), verb.err());
    cli.run("volume").fails(2, "COT-0104");
    cli.run("volume", "list", "--no-such").fails(2, "COT-0109");
    cli.run("volume", "info").fails(2, "COT-0109");
    cli.run("device", "fly").fails(2, "COT-0104");
    cli.run("--no-such", "status").fails(2, "COT-0900");
  }

  @Test
  void hostileArgumentsArriveAsTheyAre() throws Exception {
    for (String name :
        List.of(
            "a/b",
            "../../etc/passwd",
            "two words",
            "$(touch /tmp/coterie-injected)",
            "`id`",
            "x;shutdown",
            "x|cat",
            "\u5371\ud83d\ude80",
            "x".repeat(1000),
            "line\nbreak",
            "")) {
      cli.run("volume", "create", name, "--size", "1M").fails(2, "COT-0003");
      cli.run("vm", "start", name).fails(3, "COT-0707");
    }
    assertFalse(Files.exists(Path.of("/tmp/coterie-injected")));
    cli.run("volume", "create", "v", "--size", "many").fails(2, "COT-0004");
    cli.run("volume", "create", "v", "--size", "1K").fails(2, "COT-0515");
    cli.run("volume", "create", "v", "--size", "17T").fails(2, "COT-0515");
  }

  @Test
  void whatIsNotThereIsNotFound() throws Exception {
    cli.run("volume", "info", "nothing").fails(3, "COT-0501");
    cli.run("vm", "info", "nothing").fails(3, "COT-0707");
    cli.run("op", "show", "op-99999").fails(3, "COT-0102");
    cli.run("roster", "revoke", "nobody", "--yes").fails(5, "COT-0310");
    cli.run("-d", "b", "status").fails(3, "COT-0902");
    cli.run("device", "start", "b").fails(3, "COT-0902");
  }

  @Test
  void badImagesAreRefusedAndLeaveNothingBehind() throws Exception {
    Path dir = Files.createDirectories(cli.home.resolve("images"));
    Files.write(dir.resolve("empty"), new byte[0]);
    byte[] foreign = new byte[70_000];
    System.arraycopy("KDMV".getBytes(StandardCharsets.US_ASCII), 0, foreign, 0, 4);
    Files.write(dir.resolve("foreign"), foreign);
    exec("qemu-img", "create", "-q", "-f", "qcow2", dir.resolve("base.qcow2").toString(), "8M");
    exec(
        "qemu-img",
        "create",
        "-q",
        "-f",
        "qcow2",
        "-b",
        dir.resolve("base.qcow2").toString(),
        "-F",
        "qcow2",
        dir.resolve("backed.qcow2").toString());
    byte[] whole = Files.readAllBytes(dir.resolve("base.qcow2"));
    Files.write(dir.resolve("cut.qcow2"), java.util.Arrays.copyOf(whole, 60));
    cli.run("vm", "create", "m", "--image", dir.resolve("missing").toString()).fails(3, "COT-0701");
    for (String image : List.of("empty", "foreign", "backed.qcow2", "cut.qcow2")) {
      cli.run("vm", "create", "m", "--image", dir.resolve(image).toString()).fails(2, "COT-0702");
    }
    cli.run("vm", "create", "m").fails(2, "COT-0734");
    assertEquals(1, cli.run("vm", "list", "-o", "csv").ok().out().split("\n").length);
    assertFalse(cli.run("volume", "list", "-o", "csv").ok().out().contains("\nm,"));
  }

  private static void exec(String... line) throws Exception {
    cli.exec(Map.of(), new byte[0], List.of(line)).ok();
  }

  @Test
  void relativeFileNamesBeginWhereTheCallerStands() throws Exception {
    exec("qemu-img", "create", "-q", "-f", "qcow2", "relative.qcow2", "2M");
    cli.run("vm", "create", "relative", "--image", "relative.qcow2").ok();
    cli.run("volume", "export", "relative", "relative.raw").ok();
    assertEquals(2 << 20, Files.size(cli.home.resolve("relative.raw")));
    cli.run("volume", "export", "relative", "relative.raw").fails(5, "COT-0523");
    cli.run("vm", "rm", "relative", "--yes").ok();
  }

  @Test
  void standardOutputAndErrorAreApartAndTheExitCodeComesThrough() throws Exception {
    Cli.Result help = cli.run("volume", "create", "--help").ok();
    assertTrue(help.out().contains("coterie volume create"), help.out());
    assertEquals("", help.err());
    Cli.Result bad = cli.run("volume", "info", "nothing").fails(3, "COT-0501");
    assertEquals("", bad.out());
    assertFalse(bad.err().contains("at io.coterie"), "a stack trace: " + bad.err());
    Cli.Result debug = cli.run("--debug", "volume", "info", "nothing").fails(3, "COT-0501");
    assertTrue(debug.err().contains("at io.coterie"), debug.err());
  }

  @Test
  void aDeadlineEndsACommandWithItsOwnExitCode() throws Exception {
    cli.run("--timeout", "1", "identity", "selftest", "--seconds", "60").fails(6, "COT-0108");
  }

  @Test
  void allThreeClientsGiveTheSameAnswers() throws Exception {
    String socket = cli.device("a").resolve("run/control.sock").toString();
    Path launcher = Cli.ROOT.resolve("karaf-assembly/src/main/launcher");
    String jar =
        Cli.ROOT
            .resolve("karaf-assembly/target/dist/coterie-0.1.0/system/io/coterie")
            .resolve("io.coterie.control/0.1.0/io.coterie.control-0.1.0.jar")
            .toString();
    List<List<String>> clients =
        List.of(
            List.of("perl", launcher.resolve("ctl.pl").toString()),
            List.of("/usr/bin/python3", "-ISE", launcher.resolve("ctl.py").toString()),
            List.of("java", "-cp", jar, "io.coterie.control.internal.client.ControlClient"));
    for (List<String> client : clients) {
      List<String> good = new ArrayList<>(client);
      good.addAll(List.of(socket, "0", "0", "run", "feature", "list", "-o", "csv"));
      assertTrue(
          cli.exec(Map.of(), new byte[0], good).ok().out().startsWith("name,version,"),
          client.get(0));
      List<String> bad = new ArrayList<>(client);
      bad.addAll(List.of(socket, "0", "0", "run", "volume", "info", "two words $x"));
      cli.exec(Map.of(), new byte[0], bad).fails(2, "COT-0003");
      List<String> gone = new ArrayList<>(client);
      gone.addAll(List.of(socket + ".gone", "0", "0", "run", "status"));
      assertEquals(125, cli.exec(Map.of(), new byte[0], gone).code(), client.get(0));
    }
  }

  @Test
  void manyCommandsAtOnceGetTheirOwnAnswers() throws Exception {
    List<CompletableFuture<Cli.Result>> running = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      String name = "none-" + i;
      running.add(
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return cli.run("volume", "info", name);
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              }));
    }
    for (int i = 0; i < running.size(); i++) {
      Cli.Result result = running.get(i).get();
      result.fails(3, "COT-0501");
      assertTrue(result.err().contains("'none-" + i + "'"), result.err());
    }
  }

  /** Whatever comes over the control socket, the device goes on. */
  @Test
  void garbageOnTheControlSocketIsRefused() throws Exception {
    for (byte[] garbage :
        List.of(
            "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
            new byte[] {'A', 0x7f, -1, -1, -1},
            new byte[] {'A', -1, -1, -1, -1},
            new byte[] {'R', 0, 0, 0, 0, 'R', 0, 0, 0, 0},
            new byte[] {'T', 0, 0, 0, 1, 'x'},
            new byte[] {'z', 0, 0, 0, 0},
            new byte[] {'A', 0})) {
      try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
        channel.connect(UnixDomainSocketAddress.of(cli.device("a").resolve("run/control.sock")));
        channel.write(ByteBuffer.wrap(garbage));
      }
    }
    cli.run("status").ok();
  }

  @Test
  void hangingUpEndsTheCommand() throws Exception {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(cli.device("a").resolve("run/control.sock")));
      for (String word : List.of("identity", "selftest", "--seconds", "600")) {
        byte[] bytes = word.getBytes(StandardCharsets.US_ASCII);
        channel.write(
            ByteBuffer.allocate(5 + bytes.length)
                .put((byte) 'A')
                .putInt(bytes.length)
                .put(bytes)
                .flip());
      }
      channel.write(ByteBuffer.wrap(new byte[] {'R', 0, 0, 0, 0}));
      awaitThreads("coterie-selftest", 2);
    }
    awaitThreads("coterie-selftest", 0);
  }

  private static void awaitThreads(String name, int count) throws Exception {
    long found = -1;
    for (int i = 0; i < 100 && found != count; i++) {
      Thread.sleep(100);
      found = threads(name);
    }
    assertEquals(count, found, "threads " + name);
  }

  private static long threads(String name) throws Exception {
    long count = 0;
    try (Stream<Path> tasks = Files.list(Path.of("/proc/" + cli.pid("a") + "/task"))) {
      for (Path task : tasks.toList()) {
        try {
          // The kernel keeps 15 characters of a thread's name.
          if (name.startsWith(Files.readString(task.resolve("comm")).trim())) {
            count++;
          }
        } catch (IOException e) {
          continue; // it ended meanwhile
        }
      }
    }
    return count;
  }

  @Test
  @Tag("S1-1.8")
  void keysAreListedByTheirFingerprints() throws Exception {
    cli.on("a", "volume", "create", "keyed", "--size", "1M").ok();
    String listed = cli.on("a", "key", "list", "-o", "csv").ok().out();
    String[] rows = listed.split("\n");
    assertEquals(3, Stream.of(rows).filter(r -> r.startsWith("device-a-")).count(), listed);
    assertTrue(listed.contains("X25519+ML-KEM-1024"), listed);
    String[] volume =
        Stream.of(rows)
            .filter(r -> r.contains("volume keyed"))
            .findFirst()
            .orElseThrow()
            .split(",");
    assertTrue(volume[3].matches("[0-9a-f]{64}"), listed);
    assertEquals("vm-keyed-" + volume[3].substring(0, 8), volume[0]);
    assertEquals(volume[0], cli.cell("a", "key_id", "volume", "info", "keyed"));
    cli.on("a", "volume", "rm", "keyed", "--yes").ok();
  }

  @Test
  void aVolumeThatSomebodyMayWriteIsNotDeletedByMistake() throws Exception {
    cli.run("volume", "create", "held", "--size", "1M").ok();
    cli.run("volume", "open", "held").ok();
    // Its client is not connected, which may only mean that it is out of reach.
    cli.run("volume", "rm", "held", "--yes").fails(5, "COT-0503");
    cli.run("volume", "rm", "held", "--take-over").fails(2, "COT-0521");
    cli.run("volume", "rm", "held", "--yes", "--take-over").ok();
    cli.run("volume", "info", "held").fails(3, "COT-0501");
    cli.run("volume", "rm", "held", "--yes").fails(3, "COT-0501");
  }

  @Test
  void completionOffersNounsVerbsAndNames() throws Exception {
    cli.run("volume", "create", "complete-me", "--size", "1M").ok();
    assertTrue(cli.run("complete", "vol").ok().out().contains("volume"));
    assertTrue(cli.run("complete", "volume", "cr").ok().out().contains("create"));
    assertTrue(cli.run("complete", "volume", "info", "comp").ok().out().contains("complete-me"));
    cli.run("volume", "rm", "complete-me").fails(2, "COT-0521");
    cli.run("volume", "rm", "complete-me", "--yes").ok();
  }
}
