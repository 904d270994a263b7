package io.coterie.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The block device server under the clients that people use. */
@Timeout(300)
class NbdTest {
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

  private static String volume(String name, String size) throws Exception {
    cli.run("volume", "create", name, "--size", size).ok();
    return cli.run("volume", "open", name).ok().out().trim();
  }

  private static Cli.Result tool(String... line) throws Exception {
    return cli.exec(Map.of(), new byte[0], List.of(line));
  }

  /** The same script against nbdkit and ours: the answers are the same. */
  @Test
  void answersAsNbdkitDoes() throws Exception {
    String uri = volume("same", "16M");
    Path socket = cli.home.resolve("kit.sock");
    Process kit =
        new ProcessBuilder("nbdkit", "-f", "-U", socket.toString(), "-e", "kit", "memory", "16M")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      for (int i = 0; i < 100 && !Files.exists(socket); i++) {
        Thread.sleep(50);
      }
      String script =
          Cli.ROOT.resolve("itests/blackbox/src/test/python/nbd_protocol.py").toString();
      String theirs =
          tool("/usr/bin/python3", script, "nbd+unix:///kit?socket=" + socket).ok().out();
      String ours = tool("/usr/bin/python3", script, uri).ok().out();
      // Nbdkit's memory export takes any name; ours are secrets.
      assertTrue(ours.contains("no such export error"), ours);
      assertEquals(comparable(theirs), comparable(ours));
    } finally {
      kit.destroyForcibly().waitFor();
    }
  }

  private static String comparable(String answers) {
    return answers.replaceAll("no such export .*\n", "");
  }

  @Test
  void nbdinfoAndQemuIoAndNbdcopyWork() throws Exception {
    String uri = volume("tools", "32M");
    String info = tool("nbdinfo", uri).ok().out();
    assertTrue(info.contains("export-size: 33554432"), info);
    assertTrue(info.contains("can_fast_zero: true"), info);
    tool(
            "qemu-io",
            "-f",
            "raw",
            "-c",
            "write -P 0x5a 12345 70000",
            "-c",
            "read -P 0x5a 12345 70000",
            uri)
        .ok();
    tool("qemu-io", "-f", "raw", "-c", "write -z 0 1M", "-c", "read -P 0 0 1M", "-c", "flush", uri)
        .ok();
    Path file = cli.home.resolve("random.raw");
    byte[] data = new byte[32 << 20];
    new Random(5).nextBytes(data);
    java.util.Arrays.fill(data, 8 << 20, 16 << 20, (byte) 0);
    Files.write(file, data);
    tool("nbdcopy", file.toString(), uri).ok();
    Path back = cli.home.resolve("back.raw");
    tool("nbdcopy", uri, back.toString()).ok();
    assertEquals(-1, Files.mismatch(file, back));
    String map = tool("nbdinfo", "--map", uri).ok().out();
    assertTrue(map.contains("hole,zero"), map);
    tool("qemu-img", "compare", "-f", "raw", "-F", "raw", file.toString(), uri).ok();
  }

  @Test
  void fioVerifiesWhatItWroteMixedWithReads() throws Exception {
    String uri = volume("fio", "64M");
    for (String rw : List.of("randwrite", "randrw")) {
      tool(
              "fio",
              "--name=v",
              "--ioengine=nbd",
              "--uri=" + uri,
              "--size=64M",
              "--io_size=96M",
              "--rw=" + rw,
              "--bsrange=512-256k",
              "--blockalign=512",
              "--iodepth=16",
              "--verify=crc32c",
              "--verify_state_save=0",
              "--verify_fatal=1",
              "--output=" + cli.home.resolve("fio.out"))
          .ok();
    }
    cli.run("volume", "check", "fio").ok();
  }

  @Test
  void anExportNameIsASecretAndEndsWhenItIsClosed() throws Exception {
    String uri = volume("secret", "1M");
    String socket = cli.device("a").resolve("run/nbd.sock").toString();
    String listed = tool("nbdinfo", "--list", "nbd+unix://?socket=" + socket).out();
    assertFalse(listed.contains("secret"), listed);
    assertFalse(tool("nbdinfo", "nbd+unix:///secret?socket=" + socket).code() == 0);
    char last = uri.charAt(uri.indexOf('?') - 1);
    String guessed =
        uri.substring(0, uri.indexOf('?') - 1)
            + (last == '0' ? '1' : '0')
            + uri.substring(uri.indexOf('?'));
    assertFalse(tool("nbdinfo", guessed).code() == 0);
    tool("nbdinfo", uri).ok();
    cli.run("volume", "close", uri).ok();
    assertFalse(tool("nbdinfo", uri).code() == 0);
    cli.run("volume", "close", "nonsense").fails(2, "COT-0525");
  }

  /** One writer at a time: the second one ends the first one's writes. */
  @Test
  void aNewWriterEndsTheOneBefore() throws Exception {
    String first = volume("single", "1M");
    tool("qemu-io", "-f", "raw", "-c", "write -P 1 0 4096", first).ok();
    cli.run("volume", "open", "single").fails(5, "COT-0527");
    String second = cli.run("volume", "open", "single", "--take-over").ok().out().trim();
    tool("qemu-io", "-f", "raw", "-c", "write -P 2 0 4096", second).ok();
    assertFalse(tool("qemu-io", "-f", "raw", "-c", "write -P 3 0 4096", first).code() == 0);
    tool("qemu-io", "-r", "-f", "raw", "-c", "read -P 2 0 4096", second).ok();
    String reader = cli.run("volume", "open", "single", "--read-only").ok().out().trim();
    tool("qemu-io", "-r", "-f", "raw", "-c", "read -P 2 0 4096", reader).ok();
    assertFalse(tool("qemu-io", "-f", "raw", "-c", "write -P 4 0 4096", reader).code() == 0);
  }

  @Test
  void garbageAndBrokenHandshakesHarmNobody() throws Exception {
    String uri = volume("alive", "1M");
    Path socket = cli.device("a").resolve("run/nbd.sock");
    byte[] option = {0x49, 0x48, 0x41, 0x56, 0x45, 0x4F, 0x50, 0x54, 0, 0, 0, 7};
    for (byte[] garbage :
        List.of(
            "GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
            new byte[] {0, 0, 0, 3},
            new byte[] {-1, -1, -1, -1},
            concat(new byte[] {0, 0, 0, 3}, concat(option, new byte[] {-1, -1, -1, -1})),
            concat(
                new byte[] {0, 0, 0, 3},
                concat(option, new byte[] {0, 0, 0, 6, 0, 0, 0, 99, 0, 0})),
            new byte[100_000])) {
      try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
        channel.connect(UnixDomainSocketAddress.of(socket));
        channel.read(ByteBuffer.allocate(18));
        channel.write(ByteBuffer.wrap(garbage));
      } catch (IOException e) {
        continue; // the server may close first
      }
    }
    tool("nbdinfo", uri).ok();
  }

  private static byte[] concat(byte[] a, byte[] b) {
    byte[] both = java.util.Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }
}
