package io.coterie.ops.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.seam.Clock;
import io.coterie.ops.api.Progress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.karaf.features.BundleInfo;
import org.apache.karaf.features.Feature;
import org.apache.karaf.features.FeaturesService;
import org.apache.karaf.features.Repository;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Exchanges a feature for another version while calls go on: the new one is installed beside the
 * old, must serve what the old one serves, and only then the old one is uninstalled. If the new one
 * fails, it is taken out again and the old one has served all the time.
 */
public final class FeatureUpgradeRunner {
  private static final Logger LOG = LoggerFactory.getLogger(FeatureUpgradeRunner.class);

  /** The property by which services of algorithms are told apart. */
  private static final String ALGORITHM = "algorithm";

  private static final long HEALTH_GATE_MILLIS = 20_000;
  private static final long POLL_MILLIS = 50;

  private final FeaturesService features;
  private final BundleContext bundles;
  private final FeatureServices offered;
  private final Clock clock;

  public FeatureUpgradeRunner(FeaturesService features, BundleContext bundles, Clock clock) {
    this.features = features;
    this.bundles = bundles;
    this.offered = new FeatureServices(bundles);
    this.clock = clock;
  }

  /**
   * Exchanges.
   *
   * @param repository a features file that holds the new version
   */
  public String run(String name, Path repository, Progress progress) throws Exception {
    List<Feature> serving = installed(name);
    if (!Files.isRegularFile(repository)) {
      throw CoterieException.of(
          "COT-0803", ExitCode.NOT_FOUND, "there is no file " + repository, "a features.xml file");
    }
    progress.report("reading " + repository.getFileName(), 5);
    URI uri = repository.toUri();
    Feature fresh = null;
    for (Feature candidate : read(repository, uri)) {
      if (candidate.getName().equals(name)) {
        fresh = candidate;
      }
    }
    boolean only =
        fresh != null
            && serving.size() == 1
            && fresh.getVersion().equals(serving.get(0).getVersion());
    if (fresh == null || only) {
      throw CoterieException.of(
          "COT-0804",
          ExitCode.USAGE,
          repository.getFileName()
              + " holds no other version of "
              + name
              + " than "
              + serving.get(0).getVersion(),
          "coterie feature list");
    }
    Feature old = leaving(name, fresh);
    features.addRepository(uri, false);
    try {
      progress.report("installing " + fresh.getId() + " beside " + old.getId(), 20);
      features.installFeature(
          fresh.getId(), EnumSet.of(FeaturesService.Option.NoAutoRefreshBundles));
      progress.report("checking " + fresh.getId(), 50);
      awaitServing(old, fresh);
    } catch (Exception e) {
      takeOut(fresh, uri);
      throw CoterieException.of(
          "COT-0805",
          ExitCode.FAILED,
          fresh.getId()
              + " did not start and was taken out; "
              + old.getId()
              + " goes on: "
              + e.getMessage(),
          "coterie feature list",
          e);
    }
    progress.report("retiring " + old.getId(), 80);
    features.uninstallFeature(old.getId(), EnumSet.of(FeaturesService.Option.NoAutoRefreshBundles));
    String done = old.getId() + " -> " + fresh.getId();
    return features.isInstalled(old)
        ? done + "; " + old.getId() + " stays beside it, because other features name it"
        : done;
  }

  private Feature[] read(Path repository, URI uri) {
    try {
      Repository opened = features.createRepository(uri);
      return opened.getFeatures();
    } catch (Exception e) {
      throw CoterieException.of(
          "COT-0808",
          ExitCode.USAGE,
          repository.getFileName() + " is no features file: " + e.getMessage(),
          "a features.xml file",
          e);
    }
  }

  /**
   * The version that serves now. Two of them are there after an exchange that was interrupted: with
   * the same features file again it is brought to its end.
   */
  private Feature leaving(String name, Feature fresh) throws Exception {
    List<Feature> found = installed(name);
    if (found.size() > 1) {
      found.removeIf(feature -> feature.getVersion().equals(fresh.getVersion()));
    }
    if (found.size() > 1) {
      throw CoterieException.of(
          "COT-0802",
          ExitCode.REFUSED,
          found.size() + " other versions of " + name + " are installed",
          "in coterie shell: feature:uninstall " + name + "/VERSION");
    }
    return found.get(0);
  }

  private List<Feature> installed(String name) throws Exception {
    List<Feature> found = new ArrayList<>();
    for (Feature feature : features.listInstalledFeatures()) {
      if (feature.getName().equals(name)) {
        found.add(feature);
      }
    }
    if (found.isEmpty()) {
      throw CoterieException.of(
          "COT-0801",
          ExitCode.NOT_FOUND,
          "no feature " + name + " is installed",
          "coterie feature list");
    }
    return found;
  }

  /**
   * The gate: every bundle active, every kind of service there that the old version offers, and
   * each algorithm really started, which includes its self-test. Other services are not started
   * here: two of them at once may want the same socket.
   */
  private void awaitServing(Feature old, Feature fresh) throws InterruptedException {
    long end = clock.monotonicMillis() + HEALTH_GATE_MILLIS;
    Set<String> wanted = FeatureServices.kinds(services(old));
    String missing = missing(fresh, wanted);
    while (missing != null) {
      if (clock.monotonicMillis() > end) {
        throw CoterieException.of(
            "COT-0806",
            ExitCode.TIMED_OUT,
            missing + " after " + HEALTH_GATE_MILLIS + " ms",
            "coterie device logs");
      }
      Thread.sleep(POLL_MILLIS);
      missing = missing(fresh, wanted);
    }
  }

  /** What keeps a version from serving, or null. */
  private String missing(Feature fresh, Set<String> wanted) {
    for (BundleInfo info : fresh.getBundles()) {
      Bundle bundle = offered.find(info.getLocation());
      if (bundle == null || bundle.getState() != Bundle.ACTIVE) {
        return info.getLocation() + " was not active";
      }
    }
    List<ServiceReference<?>> found = services(fresh);
    Set<String> lacking = new TreeSet<>(wanted);
    lacking.removeAll(FeatureServices.kinds(found));
    if (!lacking.isEmpty()) {
      return "no service " + String.join(", ", lacking) + " was there";
    }
    for (ServiceReference<?> reference : found) {
      if (reference.getProperty(ALGORITHM) == null) {
        continue;
      }
      if (bundles.getService(reference) == null) {
        return "service " + FeatureServices.kinds(List.of(reference)) + " did not start";
      }
      bundles.ungetService(reference);
    }
    return null;
  }

  private List<ServiceReference<?>> services(Feature feature) {
    return FeatureServices.services(offered.bundles(feature));
  }

  private void takeOut(Feature fresh, URI uri) {
    try {
      if (features.isInstalled(fresh)) {
        features.uninstallFeature(
            fresh.getId(), EnumSet.of(FeaturesService.Option.NoAutoRefreshBundles));
      }
      features.removeRepository(uri);
    } catch (Exception e) {
      LOG.error("COT-0807 {} could not be taken out", fresh.getId(), e);
    }
  }
}
