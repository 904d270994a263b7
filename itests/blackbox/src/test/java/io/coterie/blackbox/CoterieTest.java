package io.coterie.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/** The life of a coterie of three real devices: begun, joined, revoked, recovered. */
@Tag("S0-7.6")
@Tag("S0-7.8")
@Timeout(300)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class CoterieTest {
  private static final Pattern CODE = Pattern.compile("  ([A-Z2-7]{4}(-[A-Z2-7]{4}){12})");
  private static Cli cli;
  private static String recoveryCode;

  @BeforeAll
  static void threeDevices() throws Exception {
    cli = new Cli();
    for (String device : new String[] {"a", "b", "c"}) {
      cli.startNew(device);
    }
  }

  @AfterAll
  static void close() throws Exception {
    cli.close();
  }

  private static void await(String device, String what, String... words) throws Exception {
    String out = "";
    for (int i = 0; i < 100; i++) {
      out = cli.on(device, words).ok().out();
      if (out.contains(what)) {
        return;
      }
      Thread.sleep(100);
    }
    throw new AssertionError(what + " does not come:\n" + out);
  }

  /** Whether a row of the CSV form begins with this cell. */
  private static boolean hasRow(String first, String device, String... words) throws Exception {
    String[] line = Arrays.copyOf(words, words.length + 2);
    line[words.length] = "-o";
    line[words.length + 1] = "csv";
    return cli.on(device, line).ok().out().lines().anyMatch(l -> l.startsWith(first + ","));
  }

  private static void awaitLink(String device, String peer) throws Exception {
    for (int i = 0; !hasRow(peer, device, "link", "list"); i++) {
      assertTrue(i < 150, device + " has no link to " + peer);
      Thread.sleep(100);
    }
  }

  @Test
  @Order(1)
  void beforeACoterieNothingListensAndNobodyIsInvited() throws Exception {
    cli.on("a", "invite").fails(5, "COT-0310");
    cli.on("a", "roster", "show").fails(5, "COT-0310");
    cli.run(Map.of(), "nonsense\n".getBytes(StandardCharsets.UTF_8), "-d", "b", "join")
        .fails(2, "COT-0320");
    assertEquals("", cli.cell("b", "value", "mesh", "status"), "b listens");
  }

  @Test
  @Order(2)
  void theFounderIsTheFirstMember() throws Exception {
    String said = cli.on("a", "init", "--name", "test", "--listen", "tcp://127.0.0.1:0").ok().out();
    Matcher code = CODE.matcher(said);
    assertTrue(code.find(), said);
    recoveryCode = code.group(1);
    cli.on("a", "init").fails(5, "COT-0312");
    assertEquals("a", cli.cell("a", "name", "roster", "show"));
  }

  @Test
  @Order(3)
  @Tag("S0-3.3")
  void aGuestIsLetInWhenTheWordsOnBothScreensAreTheSame() throws Exception {
    cli.on("b", "volume", "create", "mine", "--size", "4M").ok();
    String token = cli.on("a", "invite", "--no-qr", "--no-wait").ok().out();
    Path file = Files.writeString(cli.device("b").resolve("token"), token);
    CompletableFuture<Cli.Result> joining = join("b", file);
    String id = waiting();
    String words = cli.cell("a", "words", "pairing", "list");
    cli.on("a", "pairing", "confirm", id, words).ok();
    Cli.Result joined = joining.get().ok();
    assertTrue(joined.err().contains(words), "the guest showed " + joined.err());
    assertTrue(joined.out().contains("joined coterie test as b"), joined.out());
    assertEquals("mine", cli.cell("b", "name", "volume", "list"), "what it had is kept");
    cli.run(
            Map.of(),
            token.getBytes(StandardCharsets.UTF_8),
            "-d",
            "c",
            "join",
            "--listen",
            "tcp://127.0.0.1:0")
        .fails(1, "COT-0325");
  }

  private static CompletableFuture<Cli.Result> join(String device, Path token) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return cli.on(
                device, "join", "--token", token.toString(), "--listen", "tcp://127.0.0.1:0");
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private static String waiting() throws Exception {
    await("a", "-", "pairing", "list", "-o", "csv");
    return cli.cell("a", "id", "pairing", "list");
  }

  /** As a person does it: two terminals, nothing on the side. */
  @Test
  @Order(4)
  void theTokenAndTheQuestionAreSeenWhileTheInviterWaits() throws Exception {
    Path out = cli.home.resolve("invite.out");
    Path err = cli.home.resolve("invite.err");
    ProcessBuilder invite =
        new ProcessBuilder(Cli.ROOT.resolve("coterie").toString(), "-d", "a", "invite", "--no-qr")
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    invite.environment().put("COTERIE_HOME", cli.home.toString());
    Process inviting = invite.start();
    try {
      Path token = Files.writeString(cli.home.resolve("token"), seen(out, "\n"));
      CompletableFuture<Cli.Result> joining = join("c", token);
      seen(err, "are these the words on its screen? [y/N] ");
      inviting.getOutputStream().write("n\n".getBytes(StandardCharsets.UTF_8));
      inviting.getOutputStream().close();
      joining.get().fails(5, "COT-0324");
      assertEquals(5, inviting.waitFor(), Files.readString(err));
    } finally {
      inviting.destroyForcibly();
    }
  }

  private static String seen(Path file, String what) throws Exception {
    String text = "";
    for (int i = 0; !text.contains(what); i++) {
      assertTrue(i < 200, what + " is not shown, only: " + text);
      Thread.sleep(50);
      text = Files.readString(file);
    }
    return text;
  }

  @Test
  @Order(4)
  @Tag("S0-8.10")
  void otherWordsLetNobodyIn() throws Exception {
    String token = cli.on("a", "invite", "--no-qr", "--no-wait").ok().out();
    Path file = Files.writeString(cli.device("c").resolve("token"), token);
    CompletableFuture<Cli.Result> joining = join("c", file);
    cli.on("a", "pairing", "confirm", waiting(), "zoo-zoo-zoo").fails(5, "COT-0324");
    joining.get().fails(5, "COT-0324");
    cli.on("c", "roster", "show").fails(5, "COT-0310");
    cli.join("a", "c");
    for (String device : new String[] {"a", "b", "c"}) {
      cli.awaitPeers(device, 2);
    }
  }

  @Test
  @Order(5)
  @Tag("S2-2.3")
  void aDeviceThatSleptThroughThreeRotationsCatchesUp() throws Exception {
    cli.run("device", "stop", "c").ok();
    for (int generation = 2; generation <= 4; generation++) {
      String said = cli.on("a", "identity", "rotate").ok().out();
      assertTrue(said.contains("generation " + generation), said);
    }
    cli.on("b", "identity", "rotate").ok();
    await("b", ",4,", "roster", "show", "-o", "csv");
    cli.run("device", "start", "c").ok();
    await("c", ",4,", "roster", "show", "-o", "csv");
    awaitLink("c", "a");
    awaitLink("c", "b");
    assertEquals("4", cli.cell("a", "generation", "identity", "show"));
  }

  @Test
  @Order(6)
  @Tag("S0-1.5")
  void aSuiteRollsThroughAllLinksWithoutEndingOne() throws Exception {
    awaitLink("b", "c");
    cli.on("b", "suite", "set", "max").fails(5, "COT-0313");
    cli.on("a", "suite", "set", "max").ok();
    for (String device : new String[] {"a", "b", "c"}) {
      String list = "";
      for (int i = 0; i < 300 && !rolled(list); i++) {
        Thread.sleep(100);
        list = cli.on(device, "link", "list", "-o", "csv").ok().out();
      }
      assertTrue(rolled(list), device + " has\n" + list);
    }
    String b = cli.on("b", "link", "list", "-o", "csv").ok().out();
    assertTrue(b.lines().skip(1).allMatch(l -> l.contains("SecP384r1MLKEM1024,TLS_CHACHA20")), b);
    assertTrue(b.lines().skip(1).anyMatch(l -> l.contains(",2,")), "moved, not made anew:\n" + b);
    cli.on("a", "suite", "set", "standard").ok();
  }

  private static boolean rolled(String list) {
    return list.lines().count() >= 3 && list.lines().skip(1).allMatch(l -> l.contains(",max,"));
  }

  @Test
  @Order(7)
  @Tag("S0-3.4")
  @Tag("S0-8.11")
  void aRevokedDeviceIsCutOffEverywhereWithinSeconds() throws Exception {
    await("b", "tcp://", "peer", "list");
    cli.on("a", "roster", "revoke", "b").fails(2, "COT-0334");
    cli.on("a", "roster", "revoke", "b", "--reason", "lost", "--yes").ok();
    await("c", "revoked", "roster", "show", "-o", "csv");
    for (String device : new String[] {"a", "c"}) {
      for (int i = 0; hasRow("b", device, "link", "list"); i++) {
        assertTrue(i < 50, "a link to b lives on " + device);
        Thread.sleep(100);
      }
      assertFalse(hasRow("b", device, "peer", "list"));
    }
    cli.on("b", "vm", "list").ok();
  }

  @Test
  @Order(8)
  void aDeviceThatNoLinkReachesLearnsOfItFromAFile() throws Exception {
    Path stick = cli.device("a").resolve("home.roster");
    cli.on("a", "roster", "export", stick.toString()).ok();
    cli.on("a", "roster", "export", stick.toString()).fails(1, "COT-0331");
    cli.on("b", "roster", "import", stick.toString()).ok();
    assertTrue(cli.on("b", "roster", "show", "-o", "csv").ok().out().contains("revoked"));
    assertEquals(1, cli.on("b", "peer", "list", "-o", "csv").ok().out().lines().count());
    byte[] bytes = Files.readAllBytes(stick);
    bytes[bytes.length / 2] ^= 1;
    Files.write(stick, bytes);
    cli.on("b", "roster", "import", stick.toString()).fails(2, "COT-0332");
  }

  @Test
  @Order(9)
  @Tag("S0-8.12")
  void whenTheAdminIsLostTheRecoveryCodeMakesAnother() throws Exception {
    cli.on("c", "roster", "role", "c", "admin").fails(5, "COT-0313");
    cli.run(Map.of(), "AAAA\n".getBytes(StandardCharsets.UTF_8), "-d", "c", "roster", "recover")
        .fails(2, "COT-0316");
    String typed = recoveryCode.toLowerCase(Locale.ROOT) + "\n";
    cli.run(Map.of(), typed.getBytes(StandardCharsets.UTF_8), "-d", "c", "roster", "recover").ok();
    cli.on("c", "roster", "revoke", "a", "--yes").ok();
    cli.on("c", "roster", "role", "c", "admin,data").ok();
    await("a", "revoked", "roster", "show", "-o", "csv");
  }

  @Test
  @Order(10)
  void aCoterieOutlivesARestartAndADamagedRosterIsBroughtBack() throws Exception {
    Path copy = cli.device("c").resolve("copy.roster");
    cli.on("c", "roster", "export", copy.toString()).ok();
    cli.run("device", "stop", "c").ok();
    Path roster = cli.device("c").resolve("roster");
    byte[] bytes = Files.readAllBytes(roster);
    bytes[100] ^= 1;
    Files.write(roster, bytes);
    cli.run("device", "start", "c").ok();
    cli.on("c", "roster", "show").fails(1, "COT-0335");
    cli.on("c", "init").fails(1, "COT-0335");
    cli.on("c", "roster", "import", copy.toString()).ok();
    assertTrue(cli.on("c", "roster", "show").ok().out().contains("coterie test"));
  }

  /** After all that c is admin and a, b are revoked: b comes back as a new device. */
  @Test
  @Order(11)
  @Tag("S0-7.8")
  void aRevokedDeviceComesBackAsANewOneAndKeepsItsVolumes() throws Exception {
    String before = cli.cell("b", "id", "identity", "show");
    cli.on("b", "join", "--preseed", "/nowhere").fails(2, "COT-0349");
    Path seed = cli.home.resolve("b.seed");
    cli.on("c", "invite", "--preseed", seed.toString()).ok();
    cli.on("c", "invite", "--preseed", seed.toString()).fails(1, "COT-0331");
    Files.writeString(
        seed, Files.readString(seed) + "listen = tcp://127.0.0.1:0\nname = phoenix\n");
    cli.on("b", "join", "--preseed", seed.toString()).fails(5, "COT-0312");
    cli.on("b", "leave").fails(2, "COT-0334");
    cli.on("b", "leave", "--yes").ok();
    cli.on("b", "roster", "show").fails(5, "COT-0310");
    String said = cli.on("b", "join", "--preseed", seed.toString()).ok().out();
    assertTrue(said.contains("as phoenix"), said);
    assertFalse(before.equals(cli.cell("b", "id", "identity", "show")));
    awaitLink("b", "c");
    assertEquals("mine", cli.cell("b", "name", "volume", "list"));
    cli.on("b", "volume", "check", "mine").ok();
    cli.run("device", "stop", "b").ok();
    cli.run("device", "start", "b").ok();
    cli.on("b", "volume", "check", "mine").ok();
    awaitLink("b", "c");
  }

  @Test
  @Order(12)
  void whoLeavesTellsTheOthers() throws Exception {
    cli.on("c", "leave", "--yes").fails(5, "COT-0313");
    cli.on("b", "leave", "--yes").ok();
    await("c", "left", "roster", "show", "-o", "csv");
    for (int i = 0; hasRow("phoenix", "c", "link", "list"); i++) {
      assertTrue(i < 50, "a link to a device that left lives on");
      Thread.sleep(100);
    }
    cli.on("c", "leave", "--yes").ok();
    cli.on("c", "init", "--listen", "tcp://127.0.0.1:0", "--name", "again").ok();
    assertTrue(cli.on("c", "audit", "tail").ok().out().contains("roster-changed"));
  }
}
