package io.coterie.vm.qemu.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.base.codec.MalformedInputException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is stored of machines and sent to peers: read back as it was, or refused. */
class MachineRecordsTest {
  private static final String GRANT = "web.3.0123456789abcdef0123456789abcdef";

  @TempDir Path scratch;

  private static VmDefinition vm() {
    return new VmDefinition(
        VmDefinition.SCHEMA,
        "web",
        "412b77cf-854b-4bc3-86dc-2934c3f1e4cc",
        512,
        2,
        VmDefinition.VOLUME,
        "web",
        "ab".repeat(32),
        GRANT,
        "cd".repeat(32),
        "",
        "console=ttyS0",
        QemuLimits.MACHINE,
        "52:54:00:12:34:56");
  }

  private static byte[] json(String from, String to) throws IOException {
    String good = new String(vm().encode(), StandardCharsets.UTF_8);
    String bad = good.replace(from, to);
    assertFalse(bad.equals(good), from);
    return bad.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void aDefinitionIsReadBackAsItWas() throws Exception {
    assertEquals(vm(), VmDefinition.decode(vm().encode()));
    vm().write(scratch);
    assertEquals(vm(), VmDefinition.read(scratch));
  }

  @Test
  void whatWouldBeUnsafeOnACommandLineOrInAPathIsRefused() throws Exception {
    String[][] changes = {
      {"\"web\"", "\"../web\""},
      {"\"web\"", "\"we,b\""},
      {"\"web\"", "null"},
      {"412b77cf", "412b77cf,x"},
      {GRANT, "web.3.0123,server.path=/etc"},
      {"console=ttyS0", "a\\u0000b"},
      {"console=ttyS0", "x".repeat(3000)},
      {QemuLimits.MACHINE, "pc-q35-7.2,kernel=/x"},
      {"52:54:00:12:34:56", "52:54"},
      {"\"memoryMebibytes\" : 512", "\"memoryMebibytes\" : 0"},
      {"\"memoryMebibytes\" : 512", "\"memoryMebibytes\" : 99999999"},
      {"\"cpus\" : 2", "\"cpus\" : -1"},
      {"\"schema\" : 2", "\"schema\" : 1"},
      {"\"schema\" : 2", "\"schema\" : 2, \"more\" : 1"},
      {"\"disk\" : \"volume\"", "\"disk\" : \"/etc/shadow\""},
      {"ab".repeat(32), "ab".repeat(31)},
    };
    for (String[] change : changes) {
      byte[] bytes = json(change[0], change[1]);
      assertThrows(IOException.class, () -> VmDefinition.decode(bytes), change[1]);
    }
    for (String junk : new String[] {"", "{", "{}", "[]", "null", "7", "\u0000"}) {
      assertThrows(
          Exception.class, () -> VmDefinition.decode(junk.getBytes(StandardCharsets.UTF_8)), junk);
    }
  }

  private static String commandLine(boolean kvm) {
    return String.join(
        " ",
        QemuCommandLine.of(
            "/usr/bin/qemu",
            vm(),
            kvm,
            new QemuCommandLine.Disk.Volume(Path.of("/tmp/a,b/n.sock")),
            QemuCommandLine.Sockets.in(Path.of("/v,m"), Path.of("/log")),
            Path.of("/k"),
            null,
            true));
  }

  @Test
  void theMemoryOfAGuestUnderTcgIsNeverAMultipleOf64Pages() {
    assertTrue(commandLine(false).contains(" -m " + (512 * 1024 + 8) + "K "));
    assertTrue(commandLine(true).contains(" -m " + 512 * 1024 + "K "));
  }

  @Test
  void theCommandLineHoldsNoValueThatEscapesItsPlace() {
    String text = commandLine(false);
    assertTrue(text.contains("server.path=/tmp/a,,b/n.sock,export=" + GRANT), text);
    assertTrue(text.contains("unix:/v,,m/qmp.sock"), text);
    assertTrue(text.contains("accel=tcg"), text);
    assertTrue(text.endsWith("-incoming defer"), text);
    assertFalse(text.contains("-initrd"), text);
    assertTrue(text.contains("restrict=on"), text);
  }

  @Test
  void migrationMessagesAreReadBackOrRefused() throws Exception {
    MigrationWire.Request request =
        new MigrationWire.Request(MigrationWire.Act.PREPARE, "u", "web", new byte[] {1, 2}, true);
    byte[] good = request.encode();
    MigrationWire.Request again = MigrationWire.Request.decode(good);
    assertEquals("web", again.name());
    assertArrayEquals(new byte[] {1, 2}, again.definition());
    for (int i = 0; i < good.length; i++) {
      byte[] cut = Arrays.copyOf(good, i);
      assertThrows(MalformedInputException.class, () -> MigrationWire.Request.decode(cut));
    }
    byte[] longer = Arrays.copyOf(good, good.length + 1);
    assertThrows(MalformedInputException.class, () -> MigrationWire.Request.decode(longer));
    Random random = new Random(11);
    for (int i = 0; i < 5_000; i++) {
      byte[] noise = new byte[random.nextInt(80)];
      random.nextBytes(noise);
      refusedOrRead(noise);
    }
  }

  /** Noise may by chance be a message; it must never end otherwise than by this exception. */
  private static void refusedOrRead(byte[] noise) {
    try {
      MigrationWire.Request.decode(noise);
    } catch (MalformedInputException e) {
      assertTrue(e.getMessage().length() > 0);
    }
    try {
      MigrationWire.Answer.decode(noise);
    } catch (MalformedInputException e) {
      assertTrue(e.getMessage().length() > 0);
    }
  }

  @Test
  void bootFilesAreKeptUnderTheirDigestOnly() throws Exception {
    BootFiles files = new BootFiles(scratch);
    byte[] kernel = "kernel".getBytes(StandardCharsets.UTF_8);
    String digest = files.store(new ByteArrayInputStream(kernel), kernel.length, null);
    assertTrue(files.has(digest));
    assertArrayEquals(kernel, Files.readAllBytes(files.path(digest)));
    String other = "00".repeat(32);
    assertEquals(digest, files.store(new ByteArrayInputStream(kernel), kernel.length, other));
    assertFalse(files.has(other), "a file that was altered on its way is not kept");
    assertThrows(IOException.class, () -> files.store(new ByteArrayInputStream(kernel), 7, null));
    assertThrows(
        IOException.class,
        () -> files.store(new ByteArrayInputStream(kernel), BootFiles.MAX_BYTES + 1, null));
    try (var left = Files.list(scratch)) {
      assertEquals(1, left.count());
    }
  }
}
