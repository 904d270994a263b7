package io.coterie.laws;

import aQute.bnd.header.Attrs;
import aQute.bnd.header.Parameters;
import io.coterie.laws.Modules.Module;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the manifests of the bundles must obey. Pure: modules in, broken laws out. */
final class ManifestLaws {
  /** Lower number: may be imported by the higher ones. Equal numbers are blind to each other. */
  private static final Map<String, Integer> LAYERS =
      Map.of(
          "io.coterie.base", 0,
          "io.coterie.crypto.api", 1,
          "io.coterie.transport.api", 1,
          "io.coterie.consensus.api", 1,
          "io.coterie.mesh.api", 2,
          "io.coterie.cluster.api", 3,
          "io.coterie.volume.api", 4,
          "io.coterie.trust.api", 4,
          "io.coterie.ops.api", 4,
          "io.coterie.vm.api", 5);

  /** Where a foreign package may be used; by the longest matching prefix. */
  private static final Map<String, List<String>> HOMES =
      Map.of(
          "io.netty.",
          List.of("io.coterie.transport.", "io.coterie.mesh", "io.coterie.web"),
          "org.bouncycastle.",
          List.of("io.coterie.crypto.", "io.coterie.mesh"),
          "com.google.zxing",
          List.of("io.coterie.identity"),
          "org.conscrypt",
          List.of("io.coterie.crypto.aead"),
          "com.fasterxml.jackson.",
          List.of("io.coterie.vm.qemu", "io.coterie.volume.image", "io.coterie.web"),
          "org.mapdb",
          List.of("io.coterie.store"),
          "io.microraft",
          List.of("io.coterie.consensus.raft"),
          "org.jline.",
          List.of("io.coterie.control"),
          "org.apache.karaf.features",
          List.of("io.coterie.ops", "io.coterie.rollout"),
          "org.apache.karaf.jaas.",
          List.of("io.coterie.control"));

  private final List<String> broken = new ArrayList<>();
  private final Map<String, String> exporters = new HashMap<>();

  static List<String> check(List<Module> modules) {
    ManifestLaws laws = new ManifestLaws();
    modules.forEach(laws::exports);
    modules.forEach(laws::imports);
    modules.forEach(laws::shape);
    return laws.broken;
  }

  private void exports(Module module) {
    Parameters exported = module.header("Export-Package");
    if (!module.api() && !exported.isEmpty()) {
      broken.add(module.name() + " is a provider and exports " + exported.keySet());
    }
    for (Map.Entry<String, Attrs> entry : exported.entrySet()) {
      String other = exporters.put(entry.getKey(), module.name());
      if (other != null) {
        broken.add(entry.getKey() + " is split over " + other + " and " + module.name());
      }
      if (entry.getKey().contains(".internal")) {
        broken.add(module.name() + " exports the internal package " + entry.getKey());
      }
      if (entry.getValue().getVersion() == null) {
        broken.add(entry.getKey() + " is exported without a version");
      }
    }
  }

  private void imports(Module module) {
    for (Map.Entry<String, Attrs> entry : module.header("Import-Package").entrySet()) {
      String imported = entry.getKey();
      String owner = exporters.get(imported);
      if (owner != null && !owner.equals(module.name())) {
        direction(module, owner);
        if (entry.getValue().get("version") == null) {
          broken.add(module.name() + " imports " + imported + " without a version range");
        }
      } else if (owner == null && imported.startsWith("io.coterie.")) {
        broken.add(module.name() + " imports " + imported + ", which no API exports");
      }
      HOMES.forEach((prefix, homes) -> home(module, imported, prefix, homes));
    }
  }

  private void home(Module module, String imported, String prefix, List<String> homes) {
    if (imported.startsWith(prefix) && homes.stream().noneMatch(h -> module.name().startsWith(h))) {
      broken.add(module.name() + " uses " + imported + ", whose home is " + homes);
    }
  }

  private void direction(Module module, String owner) {
    int ownerLayer = LAYERS.getOrDefault(owner, Integer.MAX_VALUE);
    Integer layer = LAYERS.get(module.name());
    if (layer != null && ownerLayer >= layer) {
      broken.add(module.name() + " imports " + owner + ", which is not below it");
    }
    boolean plugin = !module.folder().getParent().getFileName().toString().equals("bundles");
    if (plugin && !owner.equals("io.coterie.base")) {
      String family = module.folder().getParent().getFileName().toString().replace("plugins-", "");
      if (!owner.equals("io.coterie." + family + ".api")) {
        broken.add(module.name() + " is a plugin of " + family + " and sees " + owner);
      }
    }
  }

  private void shape(Module module) {
    if (!module.name().equals(module.value("Bundle-SymbolicName"))) {
      broken.add(module.name() + " has the symbolic name " + module.value("Bundle-SymbolicName"));
    }
    for (String header : List.of("DynamicImport-Package", "Require-Bundle")) {
      if (module.value(header) != null) {
        broken.add(module.name() + " uses " + header);
      }
    }
  }
}
