package io.coterie.container;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import io.coterie.mesh.api.LocalIdentity;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.inject.Inject;
import org.apache.karaf.features.FeaturesService;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;

/** The KEM plugin is exchanged side by side, again and again, while callers use it. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class KemExchangeIT {
  private static final int WARM_EXCHANGES = 6;
  private static final int EXCHANGES = 50;
  private static final int CALLERS = 3;

  /** One version of the plugin has about 40 classes: 50 exchanges that leak would add 2,000. */
  private static final int TOLERATED_CLASSES = 120;

  private static final EnumSet<FeaturesService.Option> NO_REFRESH =
      EnumSet.of(FeaturesService.Option.NoAutoRefreshBundles);

  @Inject private FeaturesService features;
  @Inject private LocalIdentity identity;

  @Configuration
  public Option[] configuration() {
    return Container.options();
  }

  @Test
  public void fiftyExchangesUnderConcurrentCallersLoseNoCallAndLeakNoClasses() throws Exception {
    String version = System.getProperty(Container.VERSION);
    String old = "coterie-crypto-mlkem/" + version;
    String next = "coterie-crypto-mlkem/0.1.1";
    features.addRepository(nextRepository(version), false);
    AtomicBoolean stop = new AtomicBoolean();
    AtomicInteger calls = new AtomicInteger();
    ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      Thread caller = new Thread(() -> load(stop, calls, failures));
      caller.start();
      callers.add(caller);
    }
    long before;
    long after;
    try {
      exchange(old, next, WARM_EXCHANGES);
      before = loadedClasses();
      exchange(old, next, EXCHANGES);
      after = loadedClasses();
    } finally {
      stop.set(true);
      for (Thread caller : callers) {
        caller.join();
      }
    }
    System.out.println(
        "KEM exchanges: "
            + EXCHANGES
            + ", calls: "
            + calls
            + ", failures: "
            + failures.size()
            + ", classes before: "
            + before
            + ", after: "
            + after);
    assertEquals(failures.toString(), 0, failures.size());
    assertTrue(calls + " calls", calls.get() > 10 * EXCHANGES);
    assertTrue("classes: " + before + " -> " + after, after < before + TOLERATED_CLASSES);
    assertTrue(features.isInstalled(features.getFeature("coterie-crypto-mlkem", version)));
  }

  private static URI nextRepository(String version) throws Exception {
    Path jar =
        Path.of(
            System.getProperty(Container.ROOT),
            "itests/io.coterie.crypto.mlkem.next/target",
            "io.coterie.crypto.mlkem.next-" + version + ".jar");
    Path file = Path.of(System.getProperty(Container.HOME), "kem-next.xml");
    Files.writeString(
        file,
        "<features name=\"kem-next\" xmlns=\"http://karaf.apache.org/xmlns/features/v1.6.0\">"
            + "<feature name=\"coterie-crypto-mlkem\" version=\"0.1.1\"><bundle>"
            + jar.toUri()
            + "</bundle></feature></features>");
    return file.toUri();
  }

  /** Installs one version beside the other and retires the other, there and back. */
  private void exchange(String a, String b, int times) throws Exception {
    for (int i = 0; i < times; i++) {
      features.installFeature(i % 2 == 0 ? b : a, NO_REFRESH);
      features.uninstallFeature(i % 2 == 0 ? a : b, NO_REFRESH);
    }
  }

  private static long loadedClasses() throws InterruptedException {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 5; i++) {
      System.gc();
      Thread.sleep(200);
      least = Math.min(least, ManagementFactory.getClassLoadingMXBean().getLoadedClassCount());
    }
    return least;
  }

  private void load(
      AtomicBoolean stop, AtomicInteger calls, ConcurrentLinkedQueue<String> failures) {
    byte[] secret = {1, 2, 3};
    while (!stop.get()) {
      try {
        byte[] box = identity.seal(identity.keys().kem(), "test", secret);
        if (!Arrays.equals(secret, identity.unseal("test", box))) {
          failures.add("another secret came out");
        }
      } catch (Exception e) {
        failures.add(e.toString());
      }
      calls.incrementAndGet();
    }
  }
}
