package io.coterie.container;

import static java.util.Map.entry;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertTrue;

import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.Kem;
import io.coterie.crypto.api.Signer;
import io.coterie.mesh.api.LocalIdentity;
import io.coterie.mesh.api.MeshService;
import io.coterie.ops.api.HealthCheck;
import io.coterie.ops.api.Operations;
import io.coterie.transport.api.Transport;
import io.coterie.vm.api.VmService;
import io.coterie.volume.api.ExportService;
import io.coterie.volume.api.VolumeService;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.inject.Inject;
import org.apache.karaf.features.BootFinished;
import org.apache.karaf.features.Feature;
import org.apache.karaf.features.FeaturesService;
import org.apache.karaf.shell.api.console.SessionFactory;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;

/** Services, commands and features as the container sees them. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class FeaturesIT {
  private static final EnumSet<FeaturesService.Option> NO_REFRESH =
      EnumSet.of(FeaturesService.Option.NoAutoRefreshBundles);
  private static final long DEADLINE_MILLIS = 30_000;

  /** Every feature that a device boots, what it needs before what needs it. */
  private static final List<String> BOOTED =
      List.of(
          "coterie-ops",
          "coterie-crypto-mlkem",
          "coterie-crypto",
          "coterie-crypto-eddsa",
          "coterie-crypto-argon2",
          "coterie-volume-zstd",
          "coterie-volume-lz4",
          "coterie-volume-image",
          "coterie-crypto-mldsa",
          "coterie-crypto-aead",
          "coterie-transport-tcp",
          "coterie-vault",
          "coterie-mesh",
          "coterie-volume",
          "coterie-vm");

  /** The services of a whole device, with the least number of each. */
  private static final Map<Class<?>, Integer> SERVICES =
      Map.ofEntries(
          entry(Kem.class, 2),
          entry(Aead.class, 6),
          entry(Signer.class, 3),
          entry(Transport.class, 1),
          entry(LocalIdentity.class, 1),
          entry(MeshService.class, 1),
          entry(VolumeService.class, 1),
          entry(ExportService.class, 1),
          entry(VmService.class, 1),
          entry(Operations.class, 1),
          entry(HealthCheck.class, 5));

  @Inject private BundleContext context;
  @Inject private FeaturesService features;
  @Inject private BootFinished booted;
  @Inject private SessionFactory sessions;

  @Configuration
  public Option[] configuration() {
    return Container.options();
  }

  @Test
  public void everyServiceOfTheHouseIsThereAndEveryBundleIsActive() throws Exception {
    assertNotNull(booted);
    awaitWholeDevice();
  }

  @Test
  public void everyFeatureGoesWithAllThatItBroughtAndComesBack() throws Exception {
    awaitWholeDevice();
    Set<String> commands = commands();
    assertTrue("only " + commands, commands.size() > 30);
    List<String> leaving = new ArrayList<>(BOOTED);
    Collections.reverse(leaving);
    for (String feature : leaving) {
      Set<String> own = bundlesOf(feature);
      features.uninstallFeature(versioned(feature), NO_REFRESH);
      Set<String> left = houseBundles();
      left.retainAll(own);
      left.removeAll(neededByOthers());
      assertTrue(feature + " left " + left, left.isEmpty());
    }
    assertEquals("bundles of the house", Set.of(), houseBundles());
    assertEquals("libraries of the house", Set.of(), libraries());
    assertEquals("commands of the house", Set.of(), commands());
    for (Class<?> service : SERVICES.keySet()) {
      assertEquals(service.getName(), 0, count(service.getName()));
    }
    for (String feature : BOOTED) {
      features.installFeature(versioned(feature), NO_REFRESH);
    }
    awaitWholeDevice();
    await("every command", () -> commands().equals(commands) ? null : commands().toString());
  }

  @Test
  public void commandsAnswerWithTheirExitCodes() throws Exception {
    awaitWholeDevice();
    await("readiness", () -> run("ready") == 0 ? null : "not ready");
    assertEquals("status", 0, run("status", "-o", "json"));
    assertEquals("list", 0, run("vm", "list", "-o", "csv"));
    assertEquals("unknown format", 2, run("vm", "list", "-o", "xml"));
    assertEquals("unknown noun", 2, run("nonsense"));
    assertEquals("unknown verb", 2, run("vm", "nonsense"));
    assertEquals("unknown option", 2, run("vm", "list", "--nonsense"));
    assertEquals("missing argument", 2, run("vm", "info"));
    assertEquals("not found", 3, run("vm", "info", "nobody"));
    assertEquals("not found", 3, run("volume", "info", "nothing"));
    assertEquals("created", 0, run("volume", "create", "v1", "--size", "1M"));
    assertEquals("again", 5, run("volume", "create", "v1", "--size", "1M"));
    assertEquals("removed", 0, run("volume", "rm", "v1", "--yes"));
  }

  /** Runs a command as a user would: through the control socket, by the Java client. */
  private static int run(String... words) throws Exception {
    String version = System.getProperty(Container.VERSION);
    Path jar =
        Path.of(System.getProperty("karaf.home"), "system/io/coterie/io.coterie.control")
            .resolve(version)
            .resolve("io.coterie.control-" + version + ".jar");
    List<String> line =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                jar.toString(),
                "io.coterie.control.internal.client.ControlClient",
                Path.of(System.getProperty(Container.HOME), "run/control.sock").toString(),
                "20000",
                "0",
                "run"));
    line.addAll(Arrays.asList(words));
    Path output = Files.createTempFile("command", ".txt");
    try {
      Process process =
          new ProcessBuilder(line)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      assertTrue(String.join(" ", words), process.waitFor(30, TimeUnit.SECONDS));
      return process.exitValue();
    } finally {
      Files.delete(output);
    }
  }

  private void awaitWholeDevice() throws Exception {
    await(
        "every service and bundle",
        () -> {
          for (Map.Entry<Class<?>, Integer> service : SERVICES.entrySet()) {
            int count = count(service.getKey().getName());
            if (count < service.getValue()) {
              return count + " of " + service.getValue() + " " + service.getKey().getName();
            }
          }
          for (Bundle bundle : context.getBundles()) {
            if (ofTheHouse(bundle) && bundle.getState() != Bundle.ACTIVE) {
              return bundle.getSymbolicName() + " is in state " + bundle.getState();
            }
          }
          return null;
        });
  }

  private interface Blocker {
    /** What is still missing, null when nothing is. */
    String name() throws Exception;
  }

  private static void await(String what, Blocker blocker) throws Exception {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(DEADLINE_MILLIS);
    String missing = blocker.name();
    while (missing != null) {
      assertTrue("waited for " + what + ": " + missing, System.nanoTime() < end);
      Thread.sleep(50);
      missing = blocker.name();
    }
  }

  private int count(String service) throws Exception {
    var found = context.getAllServiceReferences(service, null);
    return found == null ? 0 : found.length;
  }

  private static String versioned(String feature) {
    return feature + "/" + System.getProperty(Container.VERSION);
  }

  private static boolean ofTheHouse(Bundle bundle) {
    return String.valueOf(bundle.getSymbolicName()).startsWith("io.coterie.");
  }

  private Set<String> houseBundles() {
    return Arrays.stream(context.getBundles())
        .filter(FeaturesIT::ofTheHouse)
        .map(Bundle::getLocation)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private Set<String> libraries() {
    return Arrays.stream(context.getBundles())
        .map(Bundle::getLocation)
        .filter(
            l ->
                l.matches(
                    "mvn:(org\\.bouncycastle|org\\.conscrypt|io\\.netty|com\\.fasterxml)/?.*"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private Set<String> bundlesOf(String feature) throws Exception {
    return features.getFeature(feature, System.getProperty(Container.VERSION)).getBundles().stream()
        .map(b -> b.getLocation())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The bundles of all features that are still installed, for their own sake or for another's. */
  private Set<String> neededByOthers() throws Exception {
    Set<String> needed = new TreeSet<>();
    for (Feature feature : features.listInstalledFeatures()) {
      feature.getBundles().forEach(b -> needed.add(b.getLocation()));
    }
    return needed;
  }

  private Set<String> commands() {
    return sessions.getRegistry().getCommands().stream()
        .filter(c -> c.getScope().equals("coterie"))
        .map(c -> c.getName())
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
