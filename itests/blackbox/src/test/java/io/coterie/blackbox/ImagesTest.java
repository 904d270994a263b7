package io.coterie.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Disk images become volumes and come out of them; volumes are cloned and grow. */
@Timeout(300)
class ImagesTest {
  private static final int SIZE = 24 << 20;

  private static Cli cli;
  private static Path raw;

  @BeforeAll
  static void oneDevice() throws Exception {
    cli = new Cli();
    cli.run("device", "create", "a").ok();
    cli.run("device", "start", "a").ok();
    byte[] data = new byte[SIZE];
    byte[] part = new byte[5 << 20];
    new Random(4).nextBytes(part);
    System.arraycopy(part, 0, data, 0, part.length);
    System.arraycopy(part, 0, data, 16 << 20, part.length);
    raw = Files.write(cli.home.resolve("disk.raw"), data);
  }

  @AfterAll
  static void end() throws Exception {
    cli.close();
  }

  private static Cli.Result tool(String... line) throws Exception {
    return cli.exec(Map.of(), new byte[0], List.of(line));
  }

  private static String image(String format) throws Exception {
    String file = cli.home.resolve("disk-" + System.nanoTime() + "." + format).toString();
    tool("qemu-img", "convert", "-O", format, raw.toString(), file).ok();
    return file;
  }

  private static void same(String format, String file) throws Exception {
    tool("qemu-img", "compare", "-f", "raw", "-F", format, raw.toString(), file).ok();
  }

  private static String field(String name, String volume) throws Exception {
    return cli.cell("a", name, "volume", "info", volume);
  }

  @Test
  @Tag("S1-6.1")
  @Tag("S1-6.2")
  @Tag("S1-6.4")
  void imagesOfEachFormatAreImportedAndExportedAgain() throws Exception {
    for (String format : List.of("qcow2", "vmdk", "vhdx", "raw")) {
      String name = "from-" + format;
      String file = image(format);
      cli.on("a", "volume", "import", file, name, "--plan").ok();
      assertFalse(cli.on("a", "volume", "list").ok().out().contains(name), "only a plan");
      String said = cli.on("a", "volume", "import", file, name).ok().out();
      assertTrue(said.contains("10.0 MiB of data"), said);
      assertEquals(String.valueOf(SIZE), field("size_bytes", name));
      String back = cli.home.resolve("back." + format).toString();
      cli.on("a", "volume", "export", name, back, "--format", format).ok();
      same(format, back);
      cli.on("a", "volume", "export", name, back, "--format", format).fails(5, "COT-0523");
    }
    cli.on("a", "volume", "export", "from-raw", cli.home + "/x", "--format", "floppy")
        .fails(2, "COT-0552");
    cli.on("a", "volume", "import", raw.toString(), "from-raw").fails(5, "COT-0502");
  }

  @Test
  @Tag("S1-3.5")
  void compressedVolumesHoldWhatOthersHold() throws Exception {
    Path text = cli.home.resolve("text.raw");
    Files.writeString(text, "what compresses well takes less of the log. ".repeat(200_000));
    tool("truncate", "-s", "16M", text.toString()).ok();
    for (String codec : List.of("zstd", "lz4")) {
      cli.on("a", "volume", "import", text.toString(), codec, "--compress", codec).ok();
      assertEquals(codec, field("compression", codec));
      long live = Long.parseLong(field("live_bytes", codec));
      assertTrue(live < 2 << 20, "8 MiB of text take " + live);
      cli.on("a", "volume", "clone", codec, codec + "-copy").ok();
      cli.kill9("a");
      cli.run("device", "start", "a").ok();
      for (String volume : List.of(codec, codec + "-copy")) {
        cli.on("a", "volume", "check", volume).ok();
        Path back = cli.home.resolve(volume + ".raw");
        cli.on("a", "volume", "export", volume, back.toString()).ok();
        assertEquals(-1, Files.mismatch(text, back));
      }
    }
    cli.on("a", "volume", "create", "bad", "--size", "1M", "--compress", "rot13")
        .fails(2, "COT-0553");
  }

  @Test
  void whatIsNoImageOrWouldReadOtherFilesIsRefusedAndLeavesNothing() throws Exception {
    cli.on("a", "volume", "import", "/none", "bad").fails(3, "COT-0701");
    String base = image("qcow2");
    String child = cli.home.resolve("child.qcow2").toString();
    tool("qemu-img", "create", "-f", "qcow2", "-F", "qcow2", "-b", base, child).ok();
    cli.on("a", "volume", "import", child, "bad").fails(2, "COT-0702");
    cli.on("a", "volume", "import", raw.toString(), "bad", "--format", "qcow2")
        .fails(2, "COT-0702");
    assertFalse(cli.on("a", "volume", "list").ok().out().contains("bad"));
  }

  @Test
  @Tag("S1-4.3")
  void aCloneIsWrittenApartAndAVolumeGrows() throws Exception {
    cli.on("a", "volume", "import", raw.toString(), "origin").ok();
    cli.on("a", "volume", "snapshot", "create", "origin", "first").ok();
    String uri = cli.on("a", "volume", "open", "origin").ok().out().trim();
    tool("qemu-io", "-f", "raw", "-c", "write -P 9 0 1M", uri).ok();
    String said =
        cli.on("a", "volume", "clone", "origin", "copy", "--snapshot", "first").ok().out();
    assertTrue(said.contains("shares"), said);
    assertTrue(Long.parseLong(field("shared_bytes", "copy")) > 10 << 20, "nothing was copied");
    String copy = cli.on("a", "volume", "open", "copy").ok().out().trim();
    tool("qemu-img", "compare", "-f", "raw", "-F", "raw", raw.toString(), copy).ok();
    tool("qemu-io", "-f", "raw", "-c", "write -P 5 8M 4M", copy).ok();
    tool("qemu-io", "-f", "raw", "-c", "read -P 0 8M 4M", uri).ok();

    cli.on("a", "volume", "resize", "copy", "48M", "--plan").ok();
    assertEquals(String.valueOf(SIZE), field("size_bytes", "copy"));
    cli.on("a", "volume", "resize", "copy", "+24M").ok();
    assertEquals(String.valueOf(48 << 20), tool("nbdinfo", "--size", copy).ok().out().trim());
    tool("qemu-io", "-f", "raw", "-c", "write -P 6 47M 1M", copy).ok();
    cli.on("a", "volume", "resize", "copy", "8M").fails(5, "COT-0547");
    cli.kill9("a");
    cli.run("device", "start", "a").ok();
    assertEquals(String.valueOf(48 << 20), field("size_bytes", "copy"));
    for (String range : List.of("6 47M 1M", "5 8M 4M", "0 24M 23M")) {
      tool("qemu-io", "-r", "-f", "raw", "-c", "read -P " + range, copy).ok();
    }
    cli.on("a", "volume", "check", "copy").ok();
  }

  @Test
  @Tag("S1-5.2")
  @Tag("S1-5.3")
  @Tag("S1-5.4")
  void aDeviceCanBeToldToMakePlainDisks() throws Exception {
    cli.on("a", "vm", "create", "sealed", "--disk", "1M").ok();
    assertEquals("ENABLED (PQC)", cli.cell("a", "storage_encryption", "vm", "info", "sealed"));
    assertEquals("X25519+ML-KEM-1024", cli.cell("a", "key_wrap", "vm", "info", "sealed"));
    for (String same : List.of("cipher", "key_id")) {
      assertEquals(field(same, "sealed"), cli.cell("a", same, "vm", "info", "sealed"));
    }
    Path config = cli.device("a").resolve("config/io.coterie.vm.cfg");
    Files.writeString(config, "storage.encryption.enabled = false\n");
    restart();
    try {
      cli.on("a", "vm", "create", "open", "--disk", "1M").ok();
      assertEquals("NONE (plain qcow2)", cli.cell("a", "storage_encryption", "vm", "info", "open"));
      assertEquals("", cli.cell("a", "key_id", "vm", "info", "open"));
      assertTrue(Files.exists(cli.device("a").resolve("vms/open/disk.qcow2")));
      cli.on("a", "volume", "info", "open").fails(3, "COT-0501");
    } finally {
      Files.delete(config);
      restart();
    }
  }

  private static void restart() throws Exception {
    cli.run("device", "stop", "a").ok();
    cli.run("device", "start", "a").ok();
  }

  private static boolean died(ProcessHandle victim) throws Exception {
    try {
      victim.onExit().get(30, TimeUnit.SECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    }
  }

  @Test
  @Tag("S1-6.3")
  @Tag("S1-6.5")
  void aPlainDiskIsConvertedThoughTheDeviceDiesMeanwhile() throws Exception {
    cli.on("a", "vm", "create", "old", "--image", image("qcow2"), "--plain", "--memory", "64M")
        .ok();
    assertTrue(cli.on("a", "vm", "info", "old").ok().out().contains("NONE (plain qcow2)"));
    cli.on("a", "vm", "start", "old").ok();
    cli.on("a", "volume", "convert", "old").fails(5, "COT-0729");
    cli.on("a", "vm", "stop", "old", "--grace", "0").ok();
    assertTrue(cli.on("a", "volume", "convert", "old", "--plan").ok().out().contains("backup"));
    for (String point : List.of("begun", "copied", "switched")) {
      cli.run("device", "stop", "a").ok();
      cli.run(
              Map.of("COTERIE_JAVA_OPTS", "-Dcoterie.fault.halt=vm-convert-" + point),
              new byte[0],
              "device",
              "start",
              "a")
          .ok();
      ProcessHandle victim = ProcessHandle.of(cli.pid("a")).orElseThrow();
      Cli.Result converted = cli.on("a", "volume", "convert", "old"); // may end with its device
      assertTrue(died(victim), () -> point + " was not reached: " + converted);
      cli.run("device", "start", "a").ok();
    }
    assertTrue(cli.on("a", "vm", "info", "old").ok().out().contains("ENABLED (PQC)"));
    cli.on("a", "volume", "convert", "old").fails(5, "COT-0746");
    String back = cli.home.resolve("converted.raw").toString();
    cli.on("a", "volume", "export", "old", back).ok();
    same("raw", back);
    Path machine = cli.device("a").resolve("vms/old");
    assertTrue(Files.exists(machine.resolve("backup.qcow2")));
    same("qcow2", machine.resolve("backup.qcow2").toString());
    assertFalse(Files.exists(machine.resolve("disk.qcow2")));
    cli.on("a", "volume", "convert", "old", "--remove-backup").ok();
    assertFalse(Files.exists(machine.resolve("backup.qcow2")));
    cli.on("a", "volume", "convert", "old", "--remove-backup").fails(3, "COT-0749");
    cli.on("a", "vm", "start", "old").ok();
    cli.on("a", "vm", "stop", "old", "--grace", "0").ok();
    cli.on("a", "vm", "rm", "old", "--yes").ok();
  }
}
