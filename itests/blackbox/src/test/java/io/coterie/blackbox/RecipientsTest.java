package io.coterie.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The files of a volume go from device to device, and open for whom they were made. */
@Timeout(300)
class RecipientsTest {
  private static final int SIZE = 4 << 20;

  private static Cli cli;

  @BeforeAll
  static void twoDevices() throws Exception {
    cli = new Cli();
    cli.startFriends("a", "b");
  }

  @AfterAll
  static void end() throws Exception {
    cli.close();
  }

  private static Cli.Result tool(String... line) throws Exception {
    return cli.exec(Map.of(), new byte[0], List.of(line));
  }

  private static Path directory(String device) {
    return cli.device(device).resolve("volumes/web.qvol");
  }

  /** As with a stick: the volume is closed meanwhile. */
  private static void carryToB() throws Exception {
    cli.on("b", "volume", "rm", "web", "--yes");
    cli.run("device", "stop", "a").ok();
    tool("cp", "-r", directory("a").toString(), directory("b").toString()).ok();
    cli.run("device", "start", "a").ok();
  }

  private static void holds(String device, byte[] data) throws Exception {
    Path raw = cli.home.resolve("raw-" + System.nanoTime());
    cli.on(device, "volume", "export", "web", raw.toString()).ok();
    assertEquals(-1, java.util.Arrays.mismatch(data, Files.readAllBytes(raw)));
  }

  @Test
  @Tag("S1-10.5")
  void archivesBringAVolumeToAnotherDeviceWholeAndThenWhatChanged() throws Exception {
    byte[] data = new byte[SIZE];
    new Random(6).nextBytes(data);
    Path raw = Files.write(cli.home.resolve("first.raw"), data);
    cli.on("a", "volume", "create", "disk", "--size", "4M").ok();
    cli.on("a", "volume", "recipient", "add", "disk", "--device", "b").ok();
    String uri = cli.on("a", "volume", "open", "disk").ok().out().trim();
    tool("nbdcopy", raw.toString(), uri).ok();
    cli.on("a", "volume", "snapshot", "create", "disk", "monday").ok();
    tool("qemu-io", "-f", "raw", "-c", "write -P 7 1M 64k", uri).ok();
    java.util.Arrays.fill(data, 1 << 20, (1 << 20) + 65_536, (byte) 7);
    cli.on("a", "volume", "snapshot", "create", "disk", "tuesday").ok();
    String whole = cli.home.resolve("monday.cot").toString();
    String changes = cli.home.resolve("tuesday.cot").toString();
    cli.on("a", "volume", "archive", "disk", whole, "--snapshot", "monday").ok();
    cli.on("a", "volume", "archive", "disk", whole).fails(5, "COT-0523");
    cli.on("a", "volume", "archive", "disk", changes, "--snapshot", "tuesday", "--since", "monday")
        .ok();
    assertTrue(Files.size(Path.of(changes)) < 10_000, "only what changed, and compressed");

    cli.on("b", "volume", "unarchive", changes, "disk").fails(3, "COT-0501");
    cli.on("b", "volume", "unarchive", whole, "disk").ok();
    assertTrue(cli.on("b", "volume", "unarchive", changes, "disk").ok().out().contains("tuesday"));
    Path back = cli.home.resolve("back.raw");
    cli.on("b", "volume", "export", "disk", back.toString()).ok();
    assertEquals(-1, java.util.Arrays.mismatch(data, Files.readAllBytes(back)));
  }

  @Test
  void aVolumeOpensForItsRecipientsAndNobodyElse() throws Exception {
    byte[] data = new byte[SIZE];
    new Random(5).nextBytes(data);
    Path raw = Files.write(cli.home.resolve("in.raw"), data);
    cli.on("a", "volume", "create", "web", "--size", "4M").ok();
    String uri = cli.on("a", "volume", "open", "web").ok().out().trim();
    tool("nbdcopy", raw.toString(), uri).ok();
    cli.on("a", "volume", "close", uri).ok();

    Path passphrase = Files.writeString(cli.home.resolve("passphrase"), "four good words\n");
    String file = passphrase.toString();
    cli.on("a", "volume", "recipient", "add", "web", "--passphrase", "safe").fails(2, "COT-0345");
    cli.on(
            "a",
            "volume",
            "recipient",
            "add",
            "web",
            "--passphrase",
            "safe",
            "--passphrase-file",
            file)
        .ok();
    cli.on("a", "volume", "recipient", "add", "web").fails(2, "COT-0541");
    carryToB();
    assertTrue(cli.on("b", "volume", "list").ok().out().contains("no key for this device"));
    cli.on("b", "volume", "info", "web").fails(5, "COT-0517");
    Path wrong = Files.writeString(cli.home.resolve("wrong"), "another passphrase\n");
    cli.on("b", "volume", "adopt", "web", "--passphrase-file", wrong.toString())
        .fails(5, "COT-0540");
    cli.run(
            Map.of(),
            "four good words\n".getBytes(StandardCharsets.UTF_8),
            "-d",
            "b",
            "volume",
            "adopt",
            "web")
        .ok();
    holds("b", data);
    cli.on("b", "volume", "adopt", "web", "--passphrase-file", file).fails(5, "COT-0539");

    cli.on("a", "volume", "recipient", "add", "web", "--device", "b").ok();
    String listed = cli.on("a", "volume", "recipient", "list", "web", "-o", "csv").ok().out();
    assertEquals(
        List.of("this device", "passphrase", "device"),
        listed.lines().skip(1).map(l -> l.split(",")[0]).toList());
    cli.on("a", "volume", "recipient", "rm", "web", "--passphrase", "safe").ok();
    carryToB();
    holds("b", data);
    cli.on("a", "volume", "recipient", "rm", "web", "--device", "b").ok();
    cli.on("a", "volume", "recipient", "rm", "web", "--device", "a").fails(5, "COT-0539");
    cli.on("a", "volume", "recipient", "rm", "web", "--device", "b").fails(3, "COT-0538");
    carryToB();
    cli.on("b", "volume", "info", "web").fails(5, "COT-0517");
    cli.on("b", "volume", "adopt", "web", "--passphrase-file", file).fails(5, "COT-0540");
    holds("a", data);
  }
}
