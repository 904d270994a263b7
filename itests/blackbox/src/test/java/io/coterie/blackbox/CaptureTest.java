package io.coterie.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What somebody sees who listens on the wire: a pairing and links, seen by tshark on loopback. */
@Tag("S0-8.9")
@Timeout(200)
class CaptureTest {
  private static final String X25519_MLKEM768 = "4588";
  private static final String SECP384_MLKEM1024 = "4589";

  private Cli cli;
  private Process tshark;
  private Path capture;

  @BeforeEach
  void begin() throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "only root captures");
    cli = new Cli();
    capture = cli.home.resolve("wire.pcap");
  }

  @AfterEach
  void end() throws Exception {
    if (tshark != null) {
      tshark.destroy();
      tshark.waitFor();
    }
    if (cli != null) {
      cli.close();
    }
  }

  private void listen(String port) throws Exception {
    Path log = cli.home.resolve("tshark.log");
    tshark =
        new ProcessBuilder(
                "tshark",
                "-i",
                "lo",
                "-f",
                "tcp port " + port,
                "-F",
                "pcap",
                "-w",
                capture.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    for (int i = 0; !Files.readString(log).contains("Capturing on"); i++) {
      assertTrue(tshark.isAlive() && i < 200, Files.readString(log));
      Thread.sleep(50);
    }
    Thread.sleep(1_000); // it says so a moment before it does
  }

  private Set<String> seen(String port, String field) throws Exception {
    List<String> line =
        List.of(
            "tshark",
            "-r",
            capture.toString(),
            "-d",
            "tcp.port==" + port + ",tls",
            "-Y",
            "tls",
            "-T",
            "fields",
            "-e",
            field);
    String out = cli.exec(Map.of(), new byte[0], line).ok().out();
    return Arrays.stream(out.split("[\\s,]+"))
        .filter(value -> !value.isEmpty())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void pairingAndLinksShowNothingButTheHello() throws Exception {
    cli.startNew("quetzal");
    cli.startNew("axolotl");
    cli.on("quetzal", "init", "--name", "xylophone", "--listen", "tcp://127.0.0.1:0").ok();
    String listens = cli.cell("quetzal", "value", "mesh", "status");
    String port = listens.substring(listens.lastIndexOf(':') + 1);
    listen(port);
    cli.join("quetzal", "axolotl");
    cli.on("axolotl", "peer", "ping", "quetzal", "--seconds", "1").ok();
    cli.on("axolotl", "link", "suite", "quetzal", "max").ok();
    cli.on("axolotl", "peer", "ping", "quetzal", "--seconds", "1").ok();
    Thread.sleep(500);
    tshark.destroy();
    tshark.waitFor();

    assertEquals(
        Set.of(X25519_MLKEM768, SECP384_MLKEM1024),
        seen(port, "tls.handshake.extensions_key_share_group"));
    Set<String> handshakes = seen(port, "tls.handshake.type");
    assertEquals(Set.of("1", "2"), handshakes, "only the two hellos are in the clear");
    assertEquals(Set.of("0x0304"), seen(port, "tls.handshake.extensions.supported_version"));
    assertEquals(Set.of("23"), seen(port, "tls.record.opaque_type"), "all else is sealed");
    assertEquals(Set.of(), seen(port, "tls.alert_message"));

    String wire = new String(Files.readAllBytes(capture), StandardCharsets.ISO_8859_1);
    assertTrue(wire.length() > 50_000, "only " + wire.length() + " bytes were seen");
    assertTrue(wire.contains("coterie/2"), "the hello names the protocol, so the search finds it");
    for (String secret : new String[] {"quetzal", "axolotl", "xylophone", "roster", "ping"}) {
      assertFalse(wire.contains(secret), secret + " is on the wire");
    }
  }
}
