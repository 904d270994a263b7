package io.coterie.crypto.aead.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemThreads;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.ProviderReport;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Dictionary;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;

class AeadProvidersTest {
  /** What is registered now, properties to service. */
  private final Map<Dictionary<?, ?>, Aead> registered = new IdentityHashMap<>();

  private int unregistered;

  /** A registry that remembers; the framework itself is used in the container tests. */
  private BundleContext context() {
    return (BundleContext)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {BundleContext.class},
            (proxy, method, args) -> registration((Aead) args[1], (Dictionary<?, ?>) args[2]));
  }

  private ServiceRegistration<?> registration(Aead aead, Dictionary<?, ?> properties) {
    registered.put(properties, aead);
    return (ServiceRegistration<?>)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {ServiceRegistration.class},
            (proxy, method, args) -> {
              assertEquals("unregister", method.getName());
              registered.remove(properties, aead);
              unregistered++;
              return null;
            });
  }

  private AeadProviders providers(Map<String, List<AeadSource>> candidates) {
    return new AeadProviders(context(), candidates, new SystemClock(), new SystemThreads());
  }

  private String best() {
    return registered.entrySet().stream()
        .max(Comparator.comparing(e -> ranking(e.getKey())))
        .orElseThrow()
        .getValue()
        .provider();
  }

  private static int ranking(Dictionary<?, ?> properties) {
    return (int) properties.get("service.ranking");
  }

  @Test
  void aProviderThatFailsItsSelfTestIsReportedAndNotOffered() {
    AeadSource good = Candidates.all().get(Aead.AES_256_GCM).get(0);
    AeadSource careless = new SelfTestTest.Careless(good);
    AeadProviders providers = providers(Map.of(Aead.AES_256_GCM, List.of(careless, good)));
    assertEquals(1, registered.size());
    assertEquals(good.name(), best());
    ProviderReport refused = providers.reports().get(0);
    assertEquals("careless", refused.provider());
    assertFalse(refused.offered());
    providers.stop();
    assertEquals(0, registered.size());
  }

  @Test
  void theFastestIsPutFirstOnceItWasMeasured() {
    List<AeadSource> slowFirst = new ArrayList<>(Candidates.all().get(Aead.CHACHA20_POLY1305));
    Collections.reverse(slowFirst);
    AeadProviders providers = providers(Map.of(Aead.CHACHA20_POLY1305, slowFirst));
    assertEquals("Bouncy Castle", best());
    providers.measure();
    assertEquals("Conscrypt", best());
    assertEquals(0, unregistered, "whoever holds the one that served first must not lose it");
    providers.stop();
    assertEquals(0, registered.size());
  }
}
