package io.coterie.crypto.internal;

import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.Kem;
import io.coterie.crypto.api.PasswordHash;
import io.coterie.crypto.api.ProviderReport;
import io.coterie.crypto.api.ProviderReports;
import io.coterie.crypto.api.Signer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** Every implementation of every algorithm that is offered now. Thread-safe. */
@Component(service = Algorithms.class)
public final class Algorithms {
  private final Map<ServiceReference<?>, Object> services = new ConcurrentHashMap<>();
  private final List<ProviderReports> reports = new CopyOnWriteArrayList<>();

  /**
   * One implementation.
   *
   * @param kind {@code kem}, {@code aead}, {@code signature} or {@code passphrase}
   * @param serves whether it is the first choice of its algorithm
   */
  public record Implementation(
      String kind, String algorithm, String provider, boolean serves, Object service) {}

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void bindAead(ServiceReference<Aead> reference, Aead service) {
    services.put(reference, service);
  }

  void unbindAead(ServiceReference<Aead> reference) {
    services.remove(reference);
  }

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void bindKem(ServiceReference<Kem> reference, Kem service) {
    services.put(reference, service);
  }

  void unbindKem(ServiceReference<Kem> reference) {
    services.remove(reference);
  }

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void bindSigner(ServiceReference<Signer> reference, Signer service) {
    services.put(reference, service);
  }

  void unbindSigner(ServiceReference<Signer> reference) {
    services.remove(reference);
  }

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void bindPasswordHash(ServiceReference<PasswordHash> reference, PasswordHash service) {
    services.put(reference, service);
  }

  void unbindPasswordHash(ServiceReference<PasswordHash> reference) {
    services.remove(reference);
  }

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void bindReports(ProviderReports service) {
    reports.add(service);
  }

  void unbindReports(ProviderReports service) {
    reports.remove(service);
  }

  /** By kind and algorithm, what serves before what stands by. */
  public List<Implementation> all() {
    Map<ServiceReference<?>, Object> ranked = new TreeMap<>(Collections.reverseOrder());
    ranked.putAll(services);
    Map<String, Implementation> serving = new TreeMap<>();
    List<Implementation> all = new ArrayList<>();
    Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    ranked.forEach(
        (reference, service) -> {
          if (!seen.add(service)) {
            return; // offered a second time with a higher ranking
          }
          Implementation found = describe(service, false);
          boolean first = serving.putIfAbsent(found.kind() + found.algorithm(), found) == null;
          all.add(describe(service, first));
        });
    all.sort(Comparator.comparing(Implementation::kind).thenComparing(Implementation::algorithm));
    return all;
  }

  private static Implementation describe(Object service, boolean serves) {
    if (service instanceof Kem kem) {
      return new Implementation("kem", kem.algorithm(), kem.provider(), serves, kem);
    }
    if (service instanceof Signer signer) {
      return new Implementation("signature", signer.algorithm(), signer.provider(), serves, signer);
    }
    if (service instanceof PasswordHash hash) {
      return new Implementation("passphrase", hash.algorithm(), hash.provider(), serves, hash);
    }
    Aead aead = (Aead) service;
    return new Implementation("aead", aead.algorithm(), aead.provider(), serves, aead);
  }

  /** What plugins turned away because it failed its self-test. */
  public List<ProviderReport> refused() {
    return reports.stream().flatMap(r -> r.reports().stream()).filter(r -> !r.offered()).toList();
  }
}
