package io.coterie.laws;

import aQute.bnd.header.Parameters;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Manifest;
import java.util.stream.Stream;

/** The bundles of the source tree as they were built. */
final class Modules {
  static final Path ROOT = Path.of(System.getProperty("coterie.root", "../.."));

  private Modules() {}

  /**
   * One bundle.
   *
   * @param name folder, artifact and symbolic name
   */
  record Module(String name, Path folder, Manifest manifest) {
    Parameters header(String header) {
      return new Parameters(manifest.getMainAttributes().getValue(header));
    }

    String value(String header) {
      return manifest.getMainAttributes().getValue(header);
    }

    boolean api() {
      return name.endsWith(".api") || name.equals("io.coterie.base");
    }

    Path classes() {
      return folder.resolve("target/classes");
    }
  }

  static List<Module> all() throws IOException {
    List<Module> modules = new ArrayList<>();
    for (String parent :
        List.of("bundles", "plugins-crypto", "plugins-transport", "plugins-consensus")) {
      try (Stream<Path> folders = Files.list(ROOT.resolve(parent))) {
        for (Path folder :
            folders.filter(f -> Files.exists(f.resolve("pom.xml"))).sorted().toList()) {
          Path manifest = folder.resolve("target/classes/META-INF/MANIFEST.MF");
          try (InputStream in = Files.newInputStream(manifest)) {
            modules.add(new Module(folder.getFileName().toString(), folder, new Manifest(in)));
          }
        }
      }
    }
    return modules;
  }

  static List<Path> sources(String under, String ending) throws IOException {
    try (Stream<Path> files = Files.walk(ROOT.resolve(under))) {
      return files
          .filter(f -> f.toString().endsWith(ending))
          .filter(f -> !f.toString().contains("/target/"))
          .sorted()
          .toList();
    }
  }
}
