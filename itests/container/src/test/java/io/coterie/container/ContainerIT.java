package io.coterie.container;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;
import static org.ops4j.pax.exam.CoreOptions.systemProperty;
import static org.ops4j.pax.exam.CoreOptions.systemTimeout;
import static org.ops4j.pax.exam.CoreOptions.vmOption;
import static org.ops4j.pax.exam.karaf.options.KarafDistributionOption.configureConsole;
import static org.ops4j.pax.exam.karaf.options.KarafDistributionOption.editConfigurationFilePut;
import static org.ops4j.pax.exam.karaf.options.KarafDistributionOption.karafDistributionConfiguration;

import io.coterie.mesh.api.LocalIdentity;
import io.coterie.mesh.api.MeshService;
import io.coterie.ops.api.Operations;
import io.coterie.vm.api.VmService;
import io.coterie.volume.api.ExportService;
import io.coterie.volume.api.VolumeService;
import java.io.File;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.inject.Inject;
import org.apache.karaf.features.BootFinished;
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

/** What only the inside of the container shows: services, features that come and go, and exchange under load. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class ContainerIT {
  private static final int SWAPS = 50;
  private static final EnumSet<FeaturesService.Option> NO_REFRESH =
      EnumSet.of(FeaturesService.Option.NoAutoRefreshBundles);

  @Inject private BundleContext context;
  @Inject private FeaturesService features;
  @Inject private BootFinished booted;
  @Inject private SessionFactory sessions;

  @Configuration
  public Option[] configuration() {
    Path root = Path.of(System.getProperty("coterie.root"));
    return new Option[] {
      karafDistributionConfiguration()
          .frameworkUrl(root.resolve("karaf-assembly/target/dist.tar.gz").toUri().toString())
          .karafVersion(System.getProperty("karaf.version"))
          .name("Coterie")
          .unpackDirectory(new File("target/exam"))
          .useDeployFolder(false),
      configureConsole().ignoreLocalConsole().ignoreRemoteShell(),
      systemTimeout(120_000),
      vmOption("-Xmx384m"),
      vmOption("-XX:+UseSerialGC"),
      systemProperty("coterie.root").value(root.toString()),
      systemProperty("coterie.version").value(System.getProperty("coterie.version")),
      // The test's own bundles come from the build's repository; the product fetches nothing.
      editConfigurationFilePut(
          "etc/org.ops4j.pax.url.mvn.cfg",
          "org.ops4j.pax.url.mvn.localRepository",
          System.getProperty("local.repository"))
    };
  }

  @Test
  public void everyServiceOfTheHouseIsThere() {
    assertNotNull(booted);
    for (Class<?> service :
        List.of(
            LocalIdentity.class,
            MeshService.class,
            VolumeService.class,
            ExportService.class,
            VmService.class,
            Operations.class)) {
      assertNotNull(service.getName(), context.getServiceReference(service));
    }
    for (Bundle bundle : context.getBundles()) {
      if (String.valueOf(bundle.getSymbolicName()).startsWith("io.coterie.")) {
        assertEquals(bundle.getSymbolicName(), Bundle.ACTIVE, bundle.getState());
      }
    }
  }

  @Test
  public void aFeatureGoesWithEverythingItBroughtAndComesBack() throws Exception {
    String version = System.getProperty("coterie.version");
    cycle("coterie-vm/" + version, "io.coterie.vm.qemu", "vm-list");
    cycle("coterie-crypto-mlkem/" + version, "io.coterie.crypto.mlkem", null);
    cycle("coterie-transport-tcp/" + version, "io.coterie.transport.tcp", null);
  }

  private void cycle(String feature, String bundle, String command) throws Exception {
    assertNotNull(find(bundle));
    features.uninstallFeature(feature, NO_REFRESH);
    assertNull(bundle + " is still there", find(bundle));
    if (command != null) {
      assertNull(sessions.getRegistry().getCommand("coterie", command));
    }
    features.installFeature(feature, NO_REFRESH);
    for (int i = 0; i < 200 && !active(bundle); i++) {
      Thread.sleep(50);
    }
    assertTrue(bundle + " is not active", active(bundle));
    for (int i = 0; i < 200 && command != null; i++) {
      if (sessions.getRegistry().getCommand("coterie", command) != null) {
        break;
      }
      Thread.sleep(50);
    }
    if (command != null) {
      assertNotNull(sessions.getRegistry().getCommand("coterie", command));
    }
  }

  private Bundle find(String name) {
    return Arrays.stream(context.getBundles())
        .filter(b -> name.equals(b.getSymbolicName()))
        .findFirst()
        .orElse(null);
  }

  private boolean active(String name) {
    Bundle bundle = find(name);
    return bundle != null && bundle.getState() == Bundle.ACTIVE;
  }

  @Test
  public void fiftyExchangesOfTheKemUnderLoadLoseNoCallAndLeakNoClasses() throws Exception {
    String version = System.getProperty("coterie.version");
    String old = "coterie-crypto-mlkem/" + version;
    String next = "coterie-crypto-mlkem/0.1.1";
    features.addRepository(nextRepository(version), false);
    LocalIdentity identity = context.getService(context.getServiceReference(LocalIdentity.class));
    AtomicBoolean stop = new AtomicBoolean();
    AtomicInteger calls = new AtomicInteger();
    AtomicInteger failures = new AtomicInteger();
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      Thread caller = new Thread(() -> load(identity, stop, calls, failures));
      caller.start();
      callers.add(caller);
    }
    try {
      exchange(old, next, 4); // warm
      long before = loadedClasses();
      exchange(old, next, SWAPS);
      long after = loadedClasses();
      assertTrue("classes grew from " + before + " to " + after, after < before + 200);
    } finally {
      stop.set(true);
      for (Thread caller : callers) {
        caller.join();
      }
    }
    assertEquals(0, failures.get());
    assertTrue(calls + " calls", calls.get() > 200);
    assertFalse(features.isInstalled(features.getFeature("coterie-crypto-mlkem", "0.1.1")));
  }

  private static URI nextRepository(String version) throws Exception {
    Path jar =
        Path.of(
            System.getProperty("coterie.root"),
            "itests/io.coterie.crypto.mlkem.next/target",
            "io.coterie.crypto.mlkem.next-" + version + ".jar");
    Path file = Files.createTempFile("kem-next", ".xml");
    String xml =
        "<features name=\"kem-next\" xmlns=\"http://karaf.apache.org/xmlns/features/v1.6.0\">"
            + "<feature name=\"coterie-crypto-mlkem\" version=\"0.1.1\"><bundle>file:"
            + jar
            + "</bundle></feature></features>";
    Files.write(file, xml.getBytes(StandardCharsets.UTF_8));
    return file.toUri();
  }

  /** Installs one version beside the other and retires the other, there and back. */
  private void exchange(String a, String b, int times) throws Exception {
    for (int i = 0; i < times; i++) {
      String fresh = i % 2 == 0 ? b : a;
      String leaving = i % 2 == 0 ? a : b;
      features.installFeature(fresh, NO_REFRESH);
      features.uninstallFeature(leaving, NO_REFRESH);
    }
  }

  private static long loadedClasses() throws InterruptedException {
    for (int i = 0; i < 4; i++) {
      System.gc();
      Thread.sleep(200);
    }
    return ManagementFactory.getClassLoadingMXBean().getLoadedClassCount();
  }

  private static void load(
      LocalIdentity identity, AtomicBoolean stop, AtomicInteger calls, AtomicInteger failures) {
    byte[] secret = {1, 2, 3};
    while (!stop.get()) {
      try {
        byte[] box = identity.seal(identity.kemPublicKey(), "test", secret);
        if (!Arrays.equals(secret, identity.unseal("test", box))) {
          failures.incrementAndGet();
        }
      } catch (Exception e) {
        failures.incrementAndGet();
      }
      calls.incrementAndGet();
    }
  }
}
