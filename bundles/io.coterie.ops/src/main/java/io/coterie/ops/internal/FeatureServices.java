package io.coterie.ops.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.karaf.features.BundleInfo;
import org.apache.karaf.features.Feature;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;

/** What features offer in the container now. */
final class FeatureServices {
  private final BundleContext context;

  FeatureServices(BundleContext context) {
    this.context = context;
  }

  /** The feature's own bundles that are there, without those of features that it needs. */
  List<Bundle> bundles(Feature feature) {
    List<Bundle> found = new ArrayList<>();
    for (BundleInfo info : feature.getBundles()) {
      Bundle bundle = find(info.getLocation());
      if (bundle != null) {
        found.add(bundle);
      }
    }
    return found;
  }

  Bundle find(String location) {
    for (Bundle bundle : context.getBundles()) {
      if (Objects.equals(bundle.getLocation(), location)) {
        return bundle;
      }
    }
    return null;
  }

  /** Everything that these bundles have registered. */
  static List<ServiceReference<?>> services(List<Bundle> bundles) {
    List<ServiceReference<?>> found = new ArrayList<>();
    for (Bundle bundle : bundles) {
      ServiceReference<?>[] own = bundle.getRegisteredServices();
      if (own != null) {
        found.addAll(List.of(own));
      }
    }
    return found;
  }

  /** Types with what tells services of one type apart, for instance the algorithm. */
  static Set<String> kinds(List<ServiceReference<?>> references) {
    Set<String> kinds = new TreeSet<>();
    for (ServiceReference<?> reference : references) {
      for (String type : (String[]) reference.getProperty(Constants.OBJECTCLASS)) {
        kinds.add(type + identity(reference));
      }
    }
    return kinds;
  }

  private static String identity(ServiceReference<?> reference) {
    Map<String, String> own = new TreeMap<>();
    for (String key : reference.getPropertyKeys()) {
      if (!key.startsWith("service.")
          && !key.startsWith("component.")
          && !key.startsWith("osgi.")
          && !key.equals(Constants.OBJECTCLASS)) {
        own.put(key, String.valueOf(reference.getProperty(key)));
      }
    }
    return own.isEmpty() ? "" : own.toString();
  }
}
