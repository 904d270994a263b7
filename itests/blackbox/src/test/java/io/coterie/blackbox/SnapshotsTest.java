package io.coterie.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Snapshots as people use them, while a client goes on writing. */
@Tag("S1-4.1")
@Timeout(300)
class SnapshotsTest {
  private static final int SIZE = 32 << 20;

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

  private static Cli.Result tool(String... line) throws Exception {
    return cli.exec(Map.of(), new byte[0], List.of(line));
  }

  private static void write(String uri, String pattern, String offset, String length)
      throws Exception {
    String command = "write -P " + pattern + " " + offset + " " + length;
    tool("qemu-io", "-f", "raw", "-c", command, uri).ok();
  }

  @Test
  void aPlanSaysWhatWouldHappenAndChangesNothing() throws Exception {
    cli.run("volume", "create", "planned", "--size", "8M").ok();
    String uri = cli.run("volume", "open", "planned").ok().out().trim();
    write(uri, "5", "0", "1M");
    cli.run("volume", "snapshot", "create", "planned", "s").ok();
    String before = planned();
    plan("1.0 MiB of data, 1 snapshots and its keys", "rm", "planned");
    plan("has the right to write it", "rm", "planned");
    plan("snapshot s of volume planned would be deleted", "snapshot", "rm", "planned", "s");
    plan("1.0 MiB of data of planned@s", "snapshot", "restore", "planned", "s", "new");
    plan("would share 1.0 MiB of data", "clone", "planned", "new");
    plan("key epoch 2", "rekey", "planned");
    plan("a new volume new", "repair", "planned", "new");
    cli.run("volume", "resize", "planned", "4M", "--plan").fails(5, "COT-0547");
    cli.run("volume", "clone", "planned", "planned", "--plan").fails(5, "COT-0502");
    cli.run("volume", "repair", "planned", "a/b", "--plan").fails(2, "COT-0003");
    cli.run("volume", "snapshot", "rm", "planned", "none", "--plan").fails(3, "COT-0528");
    assertEquals(
        "keys of planned would be replaced: 30d", said("rekey", "planned", "--every", "30d"));
    assertTrue(said("rekey", "planned", "--pause").contains("no key would change"));
    cli.run("volume", "rekey", "planned", "--every", "soon", "--plan").fails(2, "COT-0536");
    assertEquals(before, planned());
    cli.run("volume", "info", "new").fails(3, "COT-0501");
  }

  /** What a plan might have changed; room on the disk comes and goes by itself. */
  private static String planned() throws Exception {
    StringBuilder all = new StringBuilder();
    for (String column :
        List.of("size_bytes", "data_bytes", "snapshots", "key_epoch", "rekey", "rekey_every")) {
      all.append(cli.cell("a", column, "volume", "info", "planned")).append(' ');
    }
    return all.toString();
  }

  private static void plan(String expected, String... command) throws Exception {
    String said = said(command);
    assertTrue(said.contains(expected), said);
  }

  private static String said(String... command) throws Exception {
    List<String> line = new ArrayList<>(List.of("volume"));
    line.addAll(List.of(command));
    line.add("--plan");
    return cli.run(line.toArray(String[]::new)).ok().out().trim();
  }

  @Test
  @Tag("S1-7.8")
  void aProfileChoosesCipherAndAgeOfKeys() throws Exception {
    cli.run("volume", "create", "safe", "--size", "1M", "--profile", "maximum-security").ok();
    assertEquals("ChaCha20-Poly1305", cli.cell("a", "cipher", "volume", "info", "safe"));
    assertEquals("30d", cli.cell("a", "rekey_every", "volume", "info", "safe"));
    cli.run("volume", "create", "fast", "--size", "1M", "--profile", "performance").ok();
    assertEquals("never", cli.cell("a", "rekey_every", "volume", "info", "fast"));
    String[] leaking = {
      "volume", "create", "x", "--size", "1M", "--profile", "maximum-security", "--compress", "lz4"
    };
    cli.run(leaking).fails(2, "COT-0557");
    leaking[leaking.length - 2] = "--cipher";
    leaking[leaking.length - 1] = "AES-256-GCM";
    cli.run(leaking).fails(2, "COT-0557");
    cli.run("volume", "create", "x", "--size", "1M", "--profile", "best").fails(2, "COT-0557");
    cli.run("volume", "info", "x").fails(3, "COT-0501");
  }

  @Test
  @Tag("S1-4.3")
  @Tag("S1-4.4")
  @Tag("S1-4.5")
  void aSnapshotIsKeptComparedExportedRestoredAndDeleted() throws Exception {
    cli.run("volume", "create", "web", "--size", "32M").ok();
    String uri = cli.run("volume", "open", "web").ok().out().trim();
    Path then = cli.home.resolve("then.raw");
    byte[] data = new byte[SIZE];
    new Random(3).nextBytes(data);
    java.util.Arrays.fill(data, 10 << 20, 20 << 20, (byte) 0);
    Files.write(then, data);
    tool("nbdcopy", then.toString(), uri).ok();
    cli.run("volume", "snapshot", "create", "web", "before", "--description", "as it was").ok();

    write(uri, "0x21", "1M", "64k");
    write(uri, "0x22", "12M", "1M");
    tool("qemu-io", "-f", "raw", "-c", "write -z 30M 1M", uri).ok();
    cli.run("volume", "snapshot", "create", "web", "after").ok();
    assertEquals("as it was", cli.cell("a", "description", "volume", "snapshot", "list", "web"));
    String differences =
        cli.run("volume", "snapshot", "diff", "web", "before", "after", "-o", "csv").ok().out();
    assertEquals(
        List.of(
            "offset,bytes,now",
            "1048576,65536,data",
            "12582912,1048576,data",
            "31457280,1048576,zeroes"),
        differences.lines().toList());

    Path exported = cli.home.resolve("exported.raw");
    cli.run("volume", "export", "web", exported.toString(), "--snapshot", "before").ok();
    assertEquals(-1, Files.mismatch(then, exported));
    String restored =
        cli.run("volume", "snapshot", "restore", "web", "before", "web-old").ok().out();
    assertTrue(restored.contains("restored web@before to web-old"), restored);
    String old = cli.run("volume", "open", "web-old").ok().out().trim();
    tool("qemu-img", "compare", "-f", "raw", "-F", "raw", then.toString(), old).ok();
    cli.run("volume", "check", "web-old").ok();

    assertEquals(5, cli.run("volume", "snapshot", "create", "web", "after").code());
    assertEquals(2, cli.run("volume", "snapshot", "rm", "web", "before").code());
    cli.run("volume", "snapshot", "rm", "web", "before", "--yes").ok();
    assertEquals(3, cli.run("volume", "snapshot", "rm", "web", "before", "--yes").code());
    assertEquals(3, cli.run("volume", "snapshot", "restore", "web", "before", "again").code());
    assertEquals("after", cli.cell("a", "name", "volume", "snapshot", "list", "web"));
    tool("qemu-io", "-f", "raw", "-c", "read -P 0x22 12M 1M", uri).ok();
    cli.run("volume", "check", "web").ok();
  }

  /** Both halves of the volume are written in turn: a moment never has the second one ahead. */
  @Test
  void anExportIsOneMomentOfAVolumeThatIsBeingWritten() throws Exception {
    cli.run("volume", "create", "busy", "--size", "64M").ok();
    String uri = cli.run("volume", "open", "busy").ok().out().trim();
    StringBuilder script = new StringBuilder();
    for (int round = 1; round < 250; round++) {
      script.append("write -q -P ").append(round).append(" 0 4k\n");
      script.append("write -q -P ").append(round).append(" 60M 4k\n");
    }
    Path commands = cli.home.resolve("commands");
    Files.writeString(commands, script.toString().repeat(20));
    Process writer =
        new ProcessBuilder("qemu-io", "-f", "raw", uri)
            .redirectInput(commands.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      for (int i = 0; i < 5; i++) {
        Path file = cli.home.resolve("moment-" + i);
        cli.run("volume", "export", "busy", file.toString()).ok();
        byte[] bytes = Files.readAllBytes(file);
        int first = bytes[0] & 0xff;
        int second = bytes[60 << 20] & 0xff;
        boolean together = first == second || first == second % 249 + 1;
        assertTrue(together, "first " + first + ", second " + second);
        Files.move(file, cli.home.resolve("moment"), StandardCopyOption.REPLACE_EXISTING);
      }
    } finally {
      writer.destroyForcibly().waitFor();
    }
    assertEquals(
        "",
        cli.run("volume", "snapshot", "list", "busy", "-o", "csv")
            .ok()
            .out()
            .lines()
            .skip(1)
            .findFirst()
            .orElse(""));
  }

  @Test
  void aDeviceKilledBehindASnapshotHasIt() throws Exception {
    cli.run("volume", "create", "hard", "--size", "16M").ok();
    String uri = cli.run("volume", "open", "hard").ok().out().trim();
    write(uri, "0x31", "0", "1M");
    cli.run("volume", "snapshot", "create", "hard", "kept").ok();
    write(uri, "0x32", "0", "1M");
    cli.kill9("a");
    cli.run("device", "start", "a").ok();
    Path file = cli.home.resolve("kept.raw");
    cli.run("volume", "export", "hard", file.toString(), "--snapshot", "kept").ok();
    assertEquals(0x31, Files.readAllBytes(file)[4096]);
    Path now = cli.home.resolve("now.raw");
    cli.run("volume", "export", "hard", now.toString()).ok();
    assertEquals(0x32, Files.readAllBytes(now)[4096]);
  }

  /** The client sees nothing of it, and what it wrote is what it reads. */
  @Test
  @Tag("S1-1.6")
  void aVolumeTakesANewKeyWhileItIsWritten() throws Exception {
    cli.run("volume", "create", "keys", "--size", "64M").ok();
    String uri = cli.run("volume", "open", "keys").ok().out().trim();
    write(uri, "0x41", "0", "64M");
    Process writer =
        new ProcessBuilder(
                "fio",
                "--name=v",
                "--ioengine=nbd",
                "--uri=" + uri,
                "--size=64M",
                "--io_size=256M",
                "--rw=randrw",
                "--bs=4k",
                "--iodepth=8",
                "--verify=crc32c",
                "--verify_state_save=0",
                "--verify_fatal=1")
            .redirectErrorStream(true)
            .redirectOutput(cli.home.resolve("fio.out").toFile())
            .start();
    try {
      String first = cli.cell("a", "key_id", "volume", "info", "keys");
      String done = cli.run("volume", "rekey", "keys").ok().out();
      assertTrue(done.contains("under key epoch 2"), done);
      cli.run("volume", "rekey", "keys").ok();
      assertEquals("3", cli.cell("a", "key_epoch", "volume", "info", "keys"));
      assertTrue(!first.equals(cli.cell("a", "key_id", "volume", "info", "keys")));
      assertTrue(writer.waitFor(120, java.util.concurrent.TimeUnit.SECONDS));
      assertEquals(0, writer.exitValue(), Files.readString(cli.home.resolve("fio.out")));
    } finally {
      writer.destroyForcibly().waitFor();
    }
    cli.run("volume", "check", "keys").ok();
    cli.run("volume", "rekey", "keys", "--every", "30d").ok();
    assertEquals("30d", cli.cell("a", "rekey_every", "volume", "info", "keys"));
    assertEquals(2, cli.run("volume", "rekey", "keys", "--every", "soon").code());
  }

  @Test
  @Tag("S1-10.2")
  void aDeviceKilledWhileAVolumeIsSealedAnewGoesOnWithIt() throws Exception {
    cli.run("volume", "create", "torn", "--size", "256M").ok();
    String uri = cli.run("volume", "open", "torn").ok().out().trim();
    Path file = cli.home.resolve("torn.raw");
    byte[] data = new byte[256 << 20];
    new Random(9).nextBytes(data);
    Files.write(file, data);
    tool("nbdcopy", "--flush", file.toString(), uri).ok();
    cli.run("volume", "rekey", "torn", "--no-wait").ok();
    cli.kill9("a");
    cli.run("device", "start", "a").ok();
    for (int i = 0; i < 600; i++) {
      if (cli.cell("a", "under_newest_key", "volume", "info", "torn").equals("100 %")) {
        break;
      }
      Thread.sleep(100);
    }
    assertEquals("2", cli.cell("a", "key_epoch", "volume", "info", "torn"));
    assertEquals("100 %", cli.cell("a", "under_newest_key", "volume", "info", "torn"));
    Path back = cli.home.resolve("torn.back");
    cli.run("volume", "export", "torn", back.toString()).ok();
    assertEquals(-1, Files.mismatch(file, back));
  }
}
