package io.coterie.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarInputStream;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The volume service and the block device server are exchanged while a guest writes to its disk.
 */
@Timeout(300)
class VolumeExchangeTest {
  private static MovingGuest guest;

  @BeforeAll
  static void aGuestOnADevice() throws Exception {
    guest = new MovingGuest();
  }

  @AfterAll
  static void end() throws Exception {
    guest.close();
  }

  /** The bundle as it is, with another version. */
  private static String next(String bundle, String version) throws Exception {
    Path jar = Cli.ROOT.resolve("bundles/" + bundle + "/target/" + bundle + "-0.1.0.jar");
    Path copy = guest.cli.home.resolve(bundle + "-" + version + ".jar");
    try (InputStream file = Files.newInputStream(jar);
        JarInputStream in = new JarInputStream(file)) {
      Manifest manifest = in.getManifest();
      manifest.getMainAttributes().put(new Attributes.Name("Bundle-Version"), version);
      try (OutputStream target = Files.newOutputStream(copy);
          JarOutputStream out = new JarOutputStream(target, manifest)) {
        for (JarEntry entry = in.getNextJarEntry(); entry != null; entry = in.getNextJarEntry()) {
          out.putNextEntry(new JarEntry(entry.getName()));
          in.transferTo(out);
          out.closeEntry();
        }
      }
    }
    return "<bundle>" + copy.toUri() + "</bundle>";
  }

  private static void upgradeTo(String version) throws Exception {
    Path file = guest.cli.home.resolve("volume-" + version + ".xml");
    Files.writeString(
        file,
        "<features name=\"next-"
            + version
            + "\" xmlns=\"http://karaf.apache.org/xmlns/features/v1.6.0\">"
            + "<feature name=\"coterie-volume\" version=\""
            + version
            + "\">"
            + next("io.coterie.volume", version)
            + next("io.coterie.volume.nbd", version)
            + "</feature></features>");
    guest.cli.on("a", "feature", "upgrade", "coterie-volume", "--from", file.toString()).ok();
    String list = guest.cli.on("a", "feature", "list", "-o", "csv").ok().out();
    assertTrue(list.contains("coterie-volume," + version), list);
  }

  @Test
  void theGuestSeesAPauseAndNoErrorAndLosesNoWrite() throws Exception {
    for (String version : new String[] {"0.1.1", "0.1.2"}) {
      long begun = System.nanoTime();
      upgradeTo(version);
      guest.awaitBeats("a", 5);
      System.out.println(
          "exchange to "
              + version
              + " with five beats: "
              + (System.nanoTime() - begun) / 1_000_000
              + " ms");
      assertEquals("0", guest.cli.cell("a", "io_errors", "vm", "info", "g"));
    }
    guest.cli.on("a", "volume", "check", "g").ok();
    guest.cli.on("a", "volume", "snapshot", "create", "g", "after").ok();
    guest.move("a", "b");
    guest.move("b", "a");
    assertEquals("0", guest.cli.cell("a", "io_errors", "vm", "info", "g"));
    guest.cli.kill9("a");
    guest.cli.run("device", "start", "a").ok();
    guest.awaitBeats("a", 3);
  }
}
