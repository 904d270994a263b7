package io.coterie.identity.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.crypto.api.KeyReport;
import io.coterie.crypto.api.KeyReports;
import io.coterie.mesh.api.LocalIdentity;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** The keys of every part that is there, once the device is unlocked. Thread-safe. */
@Component(service = HeldKeys.class)
public final class HeldKeys {
  private final List<KeyReports> parts = new CopyOnWriteArrayList<>();

  /**
   * Made by the container.
   *
   * @param identity without which there is nothing to tell: the device is locked
   */
  @Activate
  public HeldKeys(@Reference LocalIdentity identity) {
    identity.id();
  }

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void bindKeys(KeyReports part) {
    parts.add(part);
  }

  void unbindKeys(KeyReports part) {
    parts.remove(part);
  }

  /** One entry for each key, and one for each part that cannot tell. */
  public List<KeyReport> all() {
    return parts.stream()
        .flatMap(HeldKeys::keys)
        .sorted(Comparator.comparing(KeyReport::id).thenComparing(KeyReport::use))
        .toList();
  }

  private static Stream<KeyReport> keys(KeyReports part) {
    try {
      return part.keys().stream();
    } catch (CoterieException e) {
      return Stream.of(new KeyReport("", "", "", "", "cannot be told: " + e.what()));
    }
  }
}
