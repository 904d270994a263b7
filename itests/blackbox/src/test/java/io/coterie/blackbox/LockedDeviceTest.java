package io.coterie.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A device whose keys are under a passphrase, as its owner sees it. */
@Tag("S0-7.5")
@Timeout(300)
class LockedDeviceTest {
  private static final String PASSPHRASE = "seven lamps on a hill";
  private Cli cli;

  @BeforeEach
  void begin() throws Exception {
    cli = new Cli();
    cli.startNew("a");
  }

  @AfterEach
  void end() throws Exception {
    cli.close();
  }

  private Cli.Result typing(String text, String... words) throws Exception {
    String[] line = Stream.concat(Stream.of("-d", "a"), Stream.of(words)).toArray(String[]::new);
    return cli.run(Map.of(), text.getBytes(StandardCharsets.UTF_8), line);
  }

  private void lock() throws Exception {
    typing(PASSPHRASE + "\n" + PASSPHRASE + "\n", "vault", "set", "passphrase").ok();
  }

  private Path keyFile() throws IOException {
    try (Stream<Path> files = Files.list(cli.device("a"))) {
      return files.filter(f -> f.toString().endsWith(".key")).findFirst().orElse(null);
    }
  }

  @Test
  void statusSaysPlainlyThatTheKeyFileLiesBesideTheKeys() throws Exception {
    String status = cli.on("a", "status").ok().out();
    assertTrue(status.contains("whoever copies the home has them"), status);
    assertTrue(cli.cell("a", "way", "vault", "show").startsWith("key file"), "the default");
  }

  @Test
  void aLockedDeviceStartsSaysWhyAndServesOnceItIsUnlocked() throws Exception {
    cli.on("a", "volume", "create", "disk", "--size", "4M").ok();
    String id = cli.cell("a", "id", "identity", "show");
    typing(PASSPHRASE + "\nanother\n", "vault", "set", "passphrase").fails(2, "COT-0345");
    lock();
    assertEquals(null, keyFile());
    cli.kill9("a");
    Cli.Result started = cli.run("device", "start", "a").ok();
    assertTrue(started.err().contains("locked"), started.err());
    Cli.Result status = cli.on("a", "status");
    assertEquals(1, status.code());
    assertTrue(status.out().contains("coterie vault unlock"), status.out());
    cli.on("a", "volume", "list").fails(5, "COT-0340");
    cli.on("a", "identity", "show").fails(5, "COT-0340");
    cli.on("a", "key", "list").fails(5, "COT-0340");
    cli.on("a", "vault", "set", "keyfile").fails(5, "COT-0340");
    assertEquals("locked", cli.cell("a", "state", "vault", "show"));
    typing("seven lamps on a hilt\n", "vault", "unlock").fails(5, "COT-0341");
    typing("\n", "vault", "unlock").fails(5, "COT-0341");
    typing("", "vault", "unlock").fails(5, "COT-0341");
    typing(PASSPHRASE + "\n", "vault", "unlock").fails(5, "COT-0342");
    Thread.sleep(1_100);
    typing(PASSPHRASE + "\n", "vault", "unlock").ok();
    awaitReady();
    assertEquals(id, cli.cell("a", "id", "identity", "show"));
    assertEquals("disk", cli.cell("a", "name", "volume", "list"));
    cli.on("a", "volume", "check", "disk").ok();
    cli.on("a", "status").ok();
    cli.on("a", "vault", "set", "keyfile").ok();
    cli.kill9("a");
    cli.run("device", "start", "a").ok();
    assertEquals(id, cli.cell("a", "id", "identity", "show"));
  }

  private void awaitReady() throws Exception {
    for (int i = 0; !cli.on("a", "ready").ok().out().contains("ready"); i++) {
      assertTrue(i < 100, "the device does not become ready");
      Thread.sleep(100);
    }
  }

  @Test
  void aMissingKeyFileIsNamedAndTheDeviceGoesOnWhenItIsBack() throws Exception {
    Path stick = cli.home.resolve("stick.key");
    cli.on("a", "vault", "set", "keyfile", "--key-file", stick.toString()).ok();
    assertFalse(cli.on("a", "status").ok().out().contains("whoever copies the home"));
    cli.run("device", "stop", "a").ok();
    Path away = Files.move(stick, cli.home.resolve("away"));
    cli.run("device", "start", "a").ok();
    Cli.Result refused = cli.on("a", "volume", "list").fails(5, "COT-0343");
    assertTrue(refused.err().contains(stick.toString()), refused.err());
    cli.on("a", "vault", "unlock").fails(5, "COT-0343");
    Files.move(away, stick);
    cli.on("a", "vault", "unlock").ok();
    awaitReady();
    cli.on("a", "volume", "list").ok();
  }

  @Test
  void aDamagedIdentityFileIsNamedAndTheDeviceGoesOnWhenACopyIsBack() throws Exception {
    String id = cli.cell("a", "id", "identity", "show");
    cli.run("device", "stop", "a").ok();
    Path file = cli.device("a").resolve("identity");
    byte[] good = Files.readAllBytes(file);
    byte[] bad = good.clone();
    bad[bad.length - 1] ^= 1;
    Files.write(file, bad);
    assertTrue(cli.run("device", "start", "a").ok().err().contains("locked"));
    cli.on("a", "identity", "show").fails(1, "COT-0301");
    Files.write(file, good);
    cli.on("a", "vault", "unlock").ok();
    awaitReady();
    assertEquals(id, cli.cell("a", "id", "identity", "show"));
  }

  /** A dump of the living objects, as an attacker or a support case would take it. */
  @Test
  @Tag("S1-1.7")
  void neitherThePassphraseNorAKeyFileIsInADumpOfTheHeap() throws Exception {
    byte[] key = Files.readAllBytes(keyFile());
    assertFalse(contains(dump("first"), key), "the key file's key");
    lock();
    assertFalse(contains(dump("second"), PASSPHRASE.getBytes(StandardCharsets.UTF_8)), "set");
    cli.kill9("a");
    cli.run("device", "start", "a").ok();
    typing(PASSPHRASE + "\n", "vault", "unlock").ok();
    awaitReady();
    byte[] heap = dump("third");
    assertFalse(contains(heap, PASSPHRASE.getBytes(StandardCharsets.UTF_8)), "unlock");
    assertTrue(contains(heap, "vault-unlock".getBytes(StandardCharsets.UTF_8)), "the dump is one");
    String log = Files.readString(cli.device("a").resolve("log").resolve("device.log"));
    assertFalse(log.contains(PASSPHRASE));
  }

  private byte[] dump(String name) throws Exception {
    Path file = cli.home.resolve(name + ".hprof");
    List<String> line =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
            String.valueOf(cli.pid("a")),
            "GC.heap_dump",
            file.toString());
    cli.exec(Map.of(), new byte[0], line).ok();
    byte[] bytes = Files.readAllBytes(file);
    Files.delete(file);
    return bytes;
  }

  private static boolean contains(byte[] heap, byte[] needle) {
    for (int i = 0; i + needle.length <= heap.length; i++) {
      int at = 0;
      while (at < needle.length && heap[i + at] == needle[at]) {
        at++;
      }
      if (at == needle.length) {
        return true;
      }
    }
    return false;
  }

  /** On a terminal of its own, by the perl and by the python client. */
  @Test
  void aTerminalDoesNotShowThePassphrase() throws Exception {
    lock();
    cli.kill9("a");
    cli.run("device", "start", "a").ok();
    String socket = cli.device("a").resolve("run").resolve("control.sock").toString();
    Path launcher = Cli.ROOT.resolve("karaf-assembly/src/main/launcher");
    Path script =
        Files.writeString(
            cli.home.resolve("terminal.py"),
            String.join(
                "\n",
                "import os, pty, sys, time",
                "pid, fd = pty.fork()",
                "if pid == 0: os.execvp(sys.argv[2], sys.argv[2:])",
                "seen = b''",
                "while b'passphrase: ' not in seen: seen += os.read(fd, 1000)",
                "time.sleep(0.5)",
                "os.write(fd, sys.argv[1].encode() + b'\\n')",
                "try:",
                "    while True: seen += os.read(fd, 1000)",
                "except OSError: pass",
                "sys.stdout.write(seen.decode())",
                "sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))"));
    for (List<String> client :
        List.of(
            List.of("python3", launcher.resolve("ctl.py").toString()),
            List.of("perl", launcher.resolve("ctl.pl").toString()))) {
      List<String> line =
          Stream.of(
                  List.of("python3", script.toString(), "no such passphrase"),
                  client,
                  List.of(socket, "0", "0", "run", "vault", "unlock"))
              .flatMap(List::stream)
              .toList();
      Cli.Result result = cli.exec(Map.of(), new byte[0], line);
      assertEquals(5, result.code(), result.out() + result.err());
      assertTrue(result.out().contains("COT-0341"), result.out());
      assertFalse(result.out().contains("no such passphrase"), result.out());
    }
  }
}
