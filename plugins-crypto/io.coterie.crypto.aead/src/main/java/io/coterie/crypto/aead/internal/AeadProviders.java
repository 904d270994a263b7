package io.coterie.crypto.aead.internal;

import io.coterie.base.seam.Clock;
import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemThreads;
import io.coterie.base.seam.Threads;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.ProviderReport;
import io.coterie.crypto.api.ProviderReports;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Offers every implementation of an AEAD that passes its self-test as a service of its own. The
 * ranking decides which one serves: first the usual order, then, once they were measured, the
 * fastest. An order is only turned by a clear difference.
 */
@Component(service = ProviderReports.class, immediate = true)
public final class AeadProviders implements ProviderReports {
  private static final Logger LOG = LoggerFactory.getLogger(AeadProviders.class);
  private static final int TOP_RANKING = 100;
  private static final int RANKING_STEP = 10;
  private static final double CLEARLY_FASTER = 1.5;
  private static final long CALM_MILLIS = 10_000;

  private final List<Offer> offers = new ArrayList<>();
  private final List<ProviderReport> reports = new ArrayList<>();
  private final Clock clock;
  private final Thread measuring;
  private volatile boolean active = true;

  @Activate
  public AeadProviders(BundleContext context) {
    this(context, Candidates.all(), new SystemClock(), new SystemThreads());
  }

  AeadProviders(
      BundleContext context,
      Map<String, List<AeadSource>> candidates,
      Clock clock,
      Threads threads) {
    this.clock = clock;
    candidates.forEach((algorithm, sources) -> offer(context, algorithm, sources));
    this.measuring = threads.start("aead-speed", this::measureLater);
  }

  private static final class Offer {
    private final Aead aead;
    private final BundleContext context;
    private final Deque<ServiceRegistration<Aead>> registrations = new ArrayDeque<>();
    private int ranking;

    Offer(Aead aead, int ranking, BundleContext context) {
      this.aead = aead;
      this.context = context;
      rank(ranking);
    }

    /**
     * Offers it with a higher ranking. A changed property moves nobody who is bound; a further
     * registration moves those who want the best, and the one before stays for those who hold it.
     */
    void rank(int higher) {
      ranking = higher;
      registrations.push(context.registerService(Aead.class, aead, properties()));
    }

    void withdraw() {
      registrations.forEach(ServiceRegistration::unregister);
    }

    private Dictionary<String, Object> properties() {
      Dictionary<String, Object> properties = new Hashtable<>();
      properties.put(Aead.ALGORITHM, aead.algorithm());
      properties.put("provider", aead.provider());
      properties.put(Constants.SERVICE_RANKING, ranking);
      return properties;
    }
  }

  /** Whoever wants to hear how the self-test of an implementation went; the detail says why not. */
  private interface Tried {
    void result(String algorithm, AeadSource source, boolean passed, String detail);
  }

  private static void test(String algorithm, List<AeadSource> sources, Tried tried) {
    for (AeadSource source : sources) {
      try {
        SelfTest.run(algorithm, source);
        tried.result(algorithm, source, true, "");
      } catch (CryptoException e) {
        LOG.warn("COT-0202 {} by {}: {}", algorithm, source.name(), e.getMessage());
        tried.result(algorithm, source, false, e.getMessage());
      }
    }
  }

  /** Every implementation that passes its self-test here, for programs outside a container. */
  public static List<Aead> all() {
    List<Aead> all = new ArrayList<>();
    Candidates.all()
        .forEach(
            (algorithm, sources) ->
                test(
                    algorithm,
                    sources,
                    (name, source, passed, detail) -> {
                      if (passed) {
                        all.add(new SourcedAead(name, source));
                      }
                    }));
    return all;
  }

  /**
   * The usually fastest implementation that passes its self-test, for programs outside a container.
   */
  public static Aead usual(String algorithm) {
    return all().stream()
        .filter(aead -> aead.algorithm().equals(algorithm))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("nothing here does " + algorithm));
  }

  private void offer(BundleContext context, String algorithm, List<AeadSource> sources) {
    test(
        algorithm,
        sources,
        (name, source, passed, detail) -> {
          reports.add(new ProviderReport("aead", name, source.name(), passed, detail));
          if (passed) {
            long before = offers.stream().filter(o -> o.aead.algorithm().equals(name)).count();
            int ranking = TOP_RANKING - (int) before * RANKING_STEP;
            offers.add(new Offer(new SourcedAead(name, source), ranking, context));
          }
        });
  }

  private void measureLater() {
    try {
      // A device that starts has better things to do.
      Thread.sleep(CALM_MILLIS);
      measure();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IllegalStateException e) {
      if (active) {
        throw e; // else the bundle stopped in the middle
      }
    }
  }

  /** Puts a clearly faster implementation before one of its algorithm that is usually faster. */
  void measure() {
    Speed speed = new Speed(clock, () -> active);
    Offer best = null;
    int bestSpeed = 0;
    for (Offer offer : offers) {
      int mine = speed.megabytesPerSecond(offer.aead);
      if (!active) {
        return;
      }
      boolean sameAlgorithm = best != null && best.aead.algorithm().equals(offer.aead.algorithm());
      LOG.info("{} by {}: {} MB/s", offer.aead.algorithm(), offer.aead.provider(), mine);
      if (sameAlgorithm && mine > CLEARLY_FASTER * bestSpeed) {
        offer.rank(best.ranking + 1);
      } else if (sameAlgorithm) {
        continue;
      }
      best = offer;
      bestSpeed = mine;
    }
  }

  @Deactivate
  void stop() {
    active = false;
    measuring.interrupt();
    offers.forEach(Offer::withdraw);
  }

  @Override
  public List<ProviderReport> reports() {
    return List.copyOf(reports);
  }
}
