package io.coterie.container;

import static org.ops4j.pax.exam.CoreOptions.systemProperty;
import static org.ops4j.pax.exam.CoreOptions.systemTimeout;
import static org.ops4j.pax.exam.CoreOptions.vmOption;
import static org.ops4j.pax.exam.karaf.options.KarafDistributionOption.configureConsole;
import static org.ops4j.pax.exam.karaf.options.KarafDistributionOption.editConfigurationFilePut;
import static org.ops4j.pax.exam.karaf.options.KarafDistributionOption.karafDistributionConfiguration;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.ops4j.pax.exam.Option;

/** How the built distribution is started for tests that run inside it. */
final class Container {
  static final String HOME = "coterie.home";
  static final String ROOT = "coterie.root";
  static final String VERSION = "coterie.version";
  private static final int START_TIMEOUT_MILLIS = 120_000;

  private Container() {}

  static Option[] options() {
    Path root = Path.of(System.getProperty(ROOT));
    return new Option[] {
      karafDistributionConfiguration()
          .frameworkUrl(root.resolve("karaf-assembly/target/dist.tar.gz").toUri().toString())
          .karafVersion(System.getProperty("karaf.version"))
          .name("Coterie")
          .unpackDirectory(new File("target/exam"))
          .useDeployFolder(false),
      configureConsole().ignoreLocalConsole().ignoreRemoteShell(),
      systemTimeout(START_TIMEOUT_MILLIS),
      vmOption("-Xmx384m"),
      vmOption("-XX:+UseSerialGC"),
      systemProperty(ROOT).value(root.toString()),
      systemProperty(VERSION).value(System.getProperty(VERSION)),
      systemProperty(HOME).value(home().toString()),
      // The test's own bundles come from the build's repository; the product fetches nothing.
      editConfigurationFilePut(
          "etc/org.ops4j.pax.url.mvn.cfg",
          "org.ops4j.pax.url.mvn.localRepository",
          System.getProperty("local.repository"))
    };
  }

  /** A home with a path short enough for unix sockets, gone when the test run ends. */
  private static Path home() {
    try {
      Path home = Files.createTempDirectory(Path.of("/tmp"), "cbt");
      Files.createDirectories(home.resolve("run"));
      Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(home)));
      return home;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path home) {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(home)) {
      files = walk.sorted(Comparator.reverseOrder()).toList();
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      System.err.println("left behind: " + home + ": " + e);
    }
  }
}
