package io.coterie.mesh.internal;

import io.coterie.base.seam.Clock;
import io.coterie.base.seam.Threads;
import io.coterie.mesh.internal.mux.Link;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings links whose connection died over to another one. The device that made the link dials at
 * once and again, the other one helps after a while; when nothing comes of it the link ends.
 * Thread-safe.
 */
final class LinkResumption {
  /** How long streams wait before they fail. */
  static final long PATIENCE_MILLIS = 20_000;

  static final long HELP_AFTER_MILLIS = 3_000;
  private static final long FIRST_PAUSE_MILLIS = 50;
  private static final long MAX_PAUSE_MILLIS = 1_000;
  private static final Logger LOG = LoggerFactory.getLogger(LinkResumption.class);

  private final Redial redial;
  private final Threads threads;
  private final Clock clock;
  private final Set<Link> waiting = ConcurrentHashMap.newKeySet();
  private final Map<Link, Trouble> troubles = new ConcurrentHashMap<>();

  /**
   * How it went so far. A link that breaks again before anything came through is still in the same
   * trouble: its patience and its pauses go on.
   */
  private record Trouble(long beganMillis, long progress, long pauseMillis) {}

  /** Makes a new connection for a broken link. */
  interface Redial {
    void resume(Link link, long timeoutMillis) throws IOException;
  }

  LinkResumption(Redial redial, Threads threads, Clock clock) {
    this.redial = redial;
    this.threads = threads;
    this.clock = clock;
  }

  /** A link broke. Does not block. */
  void broke(Link link) {
    if (waiting.add(link)) {
      threads.start("link-resume", () -> run(link));
    }
  }

  private void run(Link link) {
    try {
      bringBack(link);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      waiting.remove(link);
    }
    if (link.broken()) {
      broke(link); // again, between the last look and now
    }
  }

  private void bringBack(Link link) throws InterruptedException {
    troubles.keySet().removeIf(other -> !other.alive());
    Trouble before = troubles.get(link);
    boolean again = before != null && before.progress() == link.progress();
    long began = again ? before.beganMillis() : clock.monotonicMillis();
    long pauseMillis = again ? before.pauseMillis() : FIRST_PAUSE_MILLIS;
    if (again) {
      Thread.sleep(pauseMillis);
    }
    String why = "the other device did not come back";
    while (link.broken()) {
      long waitedMillis = clock.monotonicMillis() - began;
      if (waitedMillis > PATIENCE_MILLIS) {
        link.end(new IOException("nothing came through for " + PATIENCE_MILLIS + " ms: " + why));
      } else if (link.maker() || waitedMillis > HELP_AFTER_MILLIS) {
        try {
          redial.resume(link, PATIENCE_MILLIS - waitedMillis);
        } catch (IOException | RuntimeException e) {
          why = e.getMessage();
          LOG.debug("the link to {} does not go on yet: {}", link.peer().shortForm(), why);
        }
      }
      if (link.broken()) {
        Thread.sleep(pauseMillis);
      }
      pauseMillis = Math.min(2 * pauseMillis, MAX_PAUSE_MILLIS);
    }
    if (link.alive()) {
      troubles.put(link, new Trouble(began, link.progress(), pauseMillis));
    }
  }
}
