package io.coterie.crypto.internal;

import io.coterie.crypto.api.KeyReport;
import io.coterie.crypto.api.KeyReports;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.osgi.framework.Bundle;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** Every key of every part that is there. Parts are fetched when they are asked. Thread-safe. */
@Component(service = HeldKeys.class)
public final class HeldKeys {
  private final List<ServiceReference<KeyReports>> parts = new CopyOnWriteArrayList<>();

  @Reference(
      service = KeyReports.class,
      cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC)
  void bindKeys(ServiceReference<KeyReports> part) {
    parts.add(part);
  }

  void unbindKeys(ServiceReference<KeyReports> part) {
    parts.remove(part);
  }

  /** One entry for each key, part by part. */
  public List<KeyReport> all() {
    return parts.stream().sorted().flatMap(part -> keys(part).stream()).toList();
  }

  private static List<KeyReport> keys(ServiceReference<KeyReports> part) {
    Bundle bundle = part.getBundle();
    KeyReports reports = bundle == null ? null : bundle.getBundleContext().getService(part);
    return reports == null ? List.of() : reports.keys();
  }
}
