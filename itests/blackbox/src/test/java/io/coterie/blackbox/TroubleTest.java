package io.coterie.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Full disks, a QEMU that dies, damaged files: each is a clear error, and nothing is lost. */
@Timeout(300)
class TroubleTest {
  private Cli cli;
  private Path mounted;

  @BeforeEach
  void begin() throws Exception {
    cli = new Cli();
  }

  @AfterEach
  void end() throws Exception {
    try {
      cli.close();
    } catch (IOException e) {
      assumeTrue(mounted != null, e.toString()); // a mount point cannot be deleted yet
    }
    if (mounted != null) {
      tool("umount", mounted.toString()).ok();
      cli.close();
    }
  }

  private Cli.Result tool(String... line) throws Exception {
    return cli.exec(Map.of(), new byte[0], List.of(line));
  }

  /** A small file system of its own under the scratch directory. */
  private void mount(Path where, String size) throws Exception {
    assumeTrue(tool("id", "-u").out().trim().equals("0"), "only root may mount");
    Files.createDirectories(where);
    tool("mount", "-t", "tmpfs", "-o", "size=" + size + ",mode=700", "cbt", where.toString()).ok();
    mounted = where;
  }

  private Cli.Result io(String uri, String... commands) throws Exception {
    String[] line = new String[4 + 2 * commands.length];
    line[0] = "qemu-io";
    line[1] = "-f";
    line[2] = "raw";
    for (int i = 0; i < commands.length; i++) {
      line[3 + 2 * i] = "-c";
      line[4 + 2 * i] = commands[i];
    }
    line[line.length - 1] = uri;
    return tool(line);
  }

  @Test
  void aFullDiskFailsWritesWithNoSpaceLosesNothingAndHealsWhenThereIsRoom() throws Exception {
    cli.run("device", "create", "a").ok();
    mount(cli.device("a").resolve("volumes"), "60m");
    cli.run("device", "start", "a").ok();
    cli.run("volume", "create", "v", "--size", "256M").ok();
    String uri = cli.run("volume", "open", "v").ok().out().trim();
    io(uri, "write -P 7 0 8M", "flush").ok();
    Cli.Result full = io(uri, "write -P 8 8M 16M", "write -P 9 24M 32M", "write -P 9 56M 32M");
    assertTrue((full.out() + full.err()).contains("No space left"), full.out() + full.err());
    io(uri, "read -P 7 0 8M").ok();
    Cli.Result status = cli.run("status");
    assertEquals(1, status.code());
    assertTrue(status.out().contains("room"), status.out());
    cli.run("volume", "create", "w", "--size", "64M").ok(); // room for what is small is kept
    String other = cli.run("volume", "open", "w").ok().out().trim();
    Cli.Result none = io(other, "write -P 1 0 1M");
    assertTrue((none.out() + none.err()).contains("No space left"), none.out() + none.err());
    cli.kill9("a");
    cli.run("device", "start", "a").ok();
    io(uri, "read -P 7 0 8M").ok();
    tool("mount", "-o", "remount,size=400m", mounted.toString()).ok();
    io(uri, "write -P 5 24M 64M", "flush", "read -P 5 24M 64M", "read -P 7 0 8M").ok();
    assertEquals("good", cli.cell("a", "health", "volume", "info", "v"));
    cli.run("volume", "check", "v").ok();
  }

  @Test
  void aDeviceWhoseHomeIsFullSaysSoAndStartsWhenThereIsRoom() throws Exception {
    mount(cli.home.resolve("devices"), "6m");
    cli.run("device", "create", "a").ok();
    Cli.Result start = cli.run("device", "start", "a", "--timeout", "20");
    assertNotEquals(0, start.code());
    assertTrue(start.err().contains("COT-09"), start.err());
    assertTrue(start.err().contains("space") || start.err().contains("room"), start.err());
    tool("mount", "-o", "remount,size=200m", mounted.toString()).ok();
    cli.run("device", "start", "a").ok();
    cli.run("volume", "create", "v", "--size", "1M").ok();
  }

  @Test
  void aQemuThatDiesAtStartIsReportedWithItsOwnWordsAndLeavesNothing() throws Exception {
    cli.run("device", "create", "a").ok();
    Path bin = Files.createDirectory(cli.home.resolve("bin"));
    Path fake = bin.resolve("qemu-system-x86_64");
    Path mode = cli.home.resolve("mode");
    Files.writeString(
        fake,
        "#!/bin/sh\ncase \"$*\" in *guest=m*) case $(cat "
            + mode
            + ") in die) echo 'cannot set up guest memory'; exit 1;; hang) exec sleep 60;; esac;;"
            + " esac\nexec /usr/bin/qemu-system-x86_64 \"$@\"\n");
    Files.setPosixFilePermissions(fake, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.writeString(mode, "die");
    cli.run(Map.of("PATH", bin + ":" + System.getenv("PATH")), new byte[0], "device", "start", "a")
        .ok();
    cli.run("vm", "create", "m", "--disk", "1M", "--memory", "64M").ok();
    Cli.Result died = cli.run("vm", "start", "m");
    assertEquals(1, died.code());
    assertTrue(died.err().contains("cannot set up guest memory"), died.err());
    assertTrue(died.err().contains("COT-07"), died.err());
    assertEquals("stopped", cli.cell("a", "state", "vm", "info", "m"));
    Files.writeString(mode, "hang");
    Cli.Result hung = cli.run("vm", "start", "m");
    assertEquals(1, hung.code());
    assertTrue(hung.err().contains("did not answer"), hung.err());
    assertEquals("stopped", cli.cell("a", "state", "vm", "info", "m"));
    Files.writeString(mode, "run");
    cli.run("vm", "start", "m").ok();
    assertEquals("running", cli.cell("a", "state", "vm", "info", "m"));
    cli.run("vm", "stop", "m", "--grace", "0").ok();
  }

  @Test
  void flippedAndCutVolumeFilesAreNamedAndTheRestStaysReadable() throws Exception {
    cli.startNew("a");
    for (String name : new String[] {"flip", "cut", "header", "fine"}) {
      cli.run("volume", "create", name, "--size", "64M").ok();
      String uri = cli.run("volume", "open", name).ok().out().trim();
      io(uri, "write -P 3 0 24M", "flush").ok();
    }
    cli.run("device", "stop", "a").ok();
    try (RandomAccessFile file = new RandomAccessFile(segment("flip", 0).toFile(), "rw")) {
      file.seek(5 * 4096 + 99);
      int old = file.read();
      file.seek(5 * 4096 + 99);
      file.write(old ^ 1);
    }
    try (RandomAccessFile file = new RandomAccessFile(segment("cut", 0).toFile(), "rw")) {
      file.setLength(file.length() / 2);
    }
    Path header = cli.device("a").resolve("volumes/header.qvol");
    Files.write(header.resolve("volume"), new byte[100]);
    Files.write(header.resolve("volume.copy"), new byte[100]);
    Files.write(
        cli.device("a").resolve("volumes/fine.qvol/volume"), new byte[100]); // a copy is left
    cli.run("device", "start", "a").ok();
    for (String name : new String[] {"flip", "cut"}) {
      Cli.Result check = cli.run("volume", "check", name);
      assertEquals(1, check.code(), name + check.out());
      assertTrue((check.out() + check.err()).contains("block"), name + check.out() + check.err());
      String uri = cli.run("volume", "open", name, "--read-only").ok().out().trim();
      Cli.Result all = tool("qemu-io", "-r", "-f", "raw", "-c", "read -P 3 0 24M", uri);
      assertTrue((all.out() + all.err()).contains("Input/output error"), all.out() + all.err());
      tool("qemu-io", "-r", "-f", "raw", "-c", "read -P 3 20M 4M", uri).ok();
    }
    Cli.Result broken = cli.run("volume", "open", "header");
    assertEquals(1, broken.code());
    assertTrue(broken.err().contains("COT-05"), broken.err());
    cli.run("volume", "check", "fine").ok();
    Cli.Result status = cli.run("status");
    assertEquals(1, status.code());
    assertTrue(status.out().contains("header"), status.out());
    cli.run("volume", "rm", "header", "--yes").ok();
  }

  private Path segment(String volume, int index) throws IOException {
    try (Stream<Path> files = Files.list(cli.device("a").resolve("volumes/" + volume + ".qvol"))) {
      return files
          .filter(f -> f.getFileName().toString().startsWith("seg-"))
          .sorted()
          .toList()
          .get(index);
    }
  }
}
