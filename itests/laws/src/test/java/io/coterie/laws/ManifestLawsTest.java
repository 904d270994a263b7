package io.coterie.laws;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.laws.Modules.Module;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ManifestLawsTest {
  @Test
  void theBundlesObeyTheLaws() throws Exception {
    List<Module> modules = Modules.all();
    assertTrue(modules.size() >= 15, "only " + modules.size() + " bundles were found");
    assertEquals(List.of(), ManifestLaws.check(modules));
  }

  /** Each law reports when it is broken on purpose. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bundles|io.coterie.volume|Import-Package|io.netty.buffer;version=\"4\"|whose home is",
        "bundles|io.coterie.volume|Export-Package|io.coterie.volume;version=1|is a provider",
        "bundles|io.coterie.volume|Export-Package|io.coterie.volume|without a version",
        "bundles|io.coterie.volume|Import-Package|io.coterie.mesh.internal|which no API exports",
        "bundles|io.coterie.volume|Import-Package|io.coterie.mesh.api|without a version range",
        "bundles|io.coterie.crypto.api|Import-Package|io.coterie.mesh.api;version=1|not below it",
        "plugins-crypto|io.coterie.crypto.x|Import-Package|io.coterie.mesh.api;version=1|plugin of crypto",
        "bundles|io.coterie.volume|Require-Bundle|x|uses Require-Bundle",
        "bundles|io.coterie.volume|DynamicImport-Package|*|uses DynamicImport-Package",
        "bundles|io.coterie.volume|Bundle-SymbolicName|other|symbolic name"
      })
  void aBrokenLawIsReported(
      String family, String name, String header, String value, String expected) {
    List<Module> modules = new ArrayList<>();
    modules.add(
        module(
            "bundles", "io.coterie.mesh.api", "Export-Package", "io.coterie.mesh.api;version=1"));
    modules.add(module(family, name, header, value));
    List<String> broken = ManifestLaws.check(modules);
    assertTrue(broken.stream().anyMatch(b -> b.contains(expected)), broken.toString());
  }

  private static Module module(String family, String name, String header, String value) {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Bundle-SymbolicName", name);
    manifest.getMainAttributes().putValue(header, value);
    return new Module(name, Path.of(family, name), manifest);
  }
}
