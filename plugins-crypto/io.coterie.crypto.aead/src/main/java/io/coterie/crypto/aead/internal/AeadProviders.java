package io.coterie.crypto.aead.internal;

import io.coterie.base.seam.Clock;
import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemThreads;
import io.coterie.base.seam.Threads;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.CryptoException;
import io.coterie.crypto.api.ProviderReport;
import io.coterie.crypto.api.ProviderReports;
import java.util.ArrayList;
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
    private ServiceRegistration<Aead> registration;
    private int ranking;

    Offer(Aead aead, int ranking, BundleContext context) {
      this.aead = aead;
      this.ranking = ranking;
      this.context = context;
      this.registration = context.registerService(Aead.class, aead, properties());
    }

    void rank(int newRanking) {
      // A changed property moves nobody who is bound; a new registration does, and none is missed.
      ServiceRegistration<Aead> old = registration;
      ranking = newRanking;
      registration = context.registerService(Aead.class, aead, properties());
      old.unregister();
    }

    private Dictionary<String, Object> properties() {
      Dictionary<String, Object> properties = new Hashtable<>();
      properties.put(Aead.ALGORITHM, aead.algorithm());
      properties.put("provider", aead.provider());
      properties.put(Constants.SERVICE_RANKING, ranking);
      return properties;
    }
  }

  /**
   * The usually fastest implementation that passes its self-test, for programs outside a container.
   */
  public static Aead usual(String algorithm) {
    for (AeadSource source : Candidates.all().get(algorithm)) {
      try {
        SelfTest.run(algorithm, source);
        return new SourcedAead(algorithm, source);
      } catch (CryptoException e) {
        LOG.warn("COT-0202 {} by {} failed: {}", algorithm, source.name(), e.getMessage());
      }
    }
    throw new IllegalStateException("nothing here does " + algorithm);
  }

  /** Every implementation that passes its self-test here, for programs outside a container. */
  public static List<Aead> all() {
    List<Aead> all = new ArrayList<>();
    Candidates.all()
        .forEach(
            (algorithm, sources) -> {
              for (AeadSource source : sources) {
                try {
                  SelfTest.run(algorithm, source);
                  all.add(new SourcedAead(algorithm, source));
                } catch (CryptoException e) {
                  LOG.warn("COT-0202 {} by {}: {}", algorithm, source.name(), e.getMessage());
                }
              }
            });
    return all;
  }

  private void offer(BundleContext context, String algorithm, List<AeadSource> sources) {
    int ranking = TOP_RANKING;
    for (AeadSource source : sources) {
      try {
        SelfTest.run(algorithm, source);
        offers.add(new Offer(new SourcedAead(algorithm, source), ranking, context));
        reports.add(new ProviderReport("aead", algorithm, source.name(), true, ""));
        ranking -= RANKING_STEP;
      } catch (CryptoException e) {
        LOG.warn(
            "COT-0202 {} by {} failed its self-test: {}", algorithm, source.name(), e.getMessage());
        reports.add(new ProviderReport("aead", algorithm, source.name(), false, e.getMessage()));
      }
    }
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
    offers.forEach(offer -> offer.registration.unregister());
  }

  @Override
  public List<ProviderReport> reports() {
    return List.copyOf(reports);
  }
}
