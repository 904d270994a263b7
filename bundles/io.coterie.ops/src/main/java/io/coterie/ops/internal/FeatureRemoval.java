package io.coterie.ops.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.ops.api.DeviceLock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.karaf.features.Feature;
import org.apache.karaf.features.FeaturesService;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;

/**
 * Takes a feature out, unless something that stays needs it: another feature, or a bundle that uses
 * one of its services and would find no other of that kind.
 */
public final class FeatureRemoval {
  private final FeaturesService features;
  private final BundleContext context;
  private final FeatureServices offered;

  public FeatureRemoval(FeaturesService features, BundleContext context) {
    this.features = features;
    this.context = context;
    this.offered = new FeatureServices(context);
  }

  /** Removes every installed version of the feature. */
  public void remove(String name) throws Exception {
    requireUnlocked();
    List<Feature> leaving = new ArrayList<>();
    List<Feature> staying = new ArrayList<>();
    for (Feature feature : features.listInstalledFeatures()) {
      (feature.getName().equals(name) ? leaving : staying).add(feature);
    }
    if (leaving.isEmpty()) {
      throw CoterieException.of(
          "COT-0801",
          ExitCode.NOT_FOUND,
          "no feature " + name + " is installed",
          "coterie feature list");
    }
    Set<String> needs = new TreeSet<>();
    for (Feature feature : staying) {
      if (feature.getDependencies().stream().anyMatch(d -> d.getName().equals(name))) {
        needs.add("feature " + feature.getName());
      }
    }
    needs.addAll(lastServices(leaving.stream().flatMap(f -> offered.bundles(f).stream()).toList()));
    if (!needs.isEmpty()) {
      throw CoterieException.of(
          "COT-0809",
          ExitCode.REFUSED,
          name + " is needed by " + String.join("; ", needs),
          "coterie feature upgrade " + name + " exchanges it; remove what needs it first");
    }
    for (Feature feature : leaving) {
      features.uninstallFeature(
          feature.getId(), EnumSet.of(FeaturesService.Option.NoAutoRefreshBundles));
    }
  }

  /** Who needs what is not seen while what needs the device's keys is not there. */
  private void requireUnlocked() throws Exception {
    for (ServiceReference<DeviceLock> reference :
        context.getServiceReferences(DeviceLock.class, null)) {
      DeviceLock lock = context.getService(reference);
      Optional<CoterieException> reason = lock == null ? Optional.empty() : lock.reason();
      if (reason.isPresent()) {
        throw reason.get();
      }
    }
  }

  /** Whoever uses a service of these bundles that nobody else offers. */
  private Set<String> lastServices(List<Bundle> leaving) {
    List<Bundle> others = new ArrayList<>(Arrays.asList(context.getBundles()));
    others.removeAll(leaving);
    Set<String> elsewhere = FeatureServices.kinds(FeatureServices.services(others));
    Set<String> users = new TreeSet<>();
    for (ServiceReference<?> reference : FeatureServices.services(leaving)) {
      Set<String> only = new TreeSet<>(FeatureServices.kinds(List.of(reference)));
      only.removeAll(elsewhere);
      Bundle[] using = reference.getUsingBundles();
      String names =
          Arrays.stream(using == null ? new Bundle[0] : using)
              .filter(bundle -> !leaving.contains(bundle))
              .map(Bundle::getSymbolicName)
              .filter(bundle -> bundle.startsWith("io.coterie."))
              .filter(bundle -> !overview(bundle))
              .sorted()
              .distinct()
              .collect(Collectors.joining(", "));
      if (!only.isEmpty() && !names.isEmpty()) {
        users.add(names + " (the last " + String.join(", ", only) + ")");
      }
    }
    return users;
  }

  /** Who only shows what is there does not need it. */
  private static boolean overview(String bundle) {
    return bundle.equals("io.coterie.crypto") || bundle.equals("io.coterie.ops");
  }
}
