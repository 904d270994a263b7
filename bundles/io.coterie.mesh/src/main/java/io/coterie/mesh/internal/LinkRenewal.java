package io.coterie.mesh.internal;

import io.coterie.base.seam.Clock;
import io.coterie.base.seam.Threads;
import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.LinkStatus;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves live links to fresh connections while their streams flow: when their keys have served long
 * enough, and when the roster demands a stronger suite. The device with the smaller id begins; the
 * other one helps when nothing happens; a link that cannot be moved is ended. One thread calls it;
 * the moves have their own.
 */
final class LinkRenewal {
  /** How long the keys of a connection serve. */
  static final long LIFETIME_MILLIS = 120_000;

  /** How much they may seal in both directions together: far below what the ciphers bear. */
  static final long LIFETIME_BYTES = 64L << 30;

  static final long HELP_AFTER_MILLIS = 10_000;
  static final long END_AFTER_MILLIS = 60_000;
  private static final Logger LOG = LoggerFactory.getLogger(LinkRenewal.class);
  private static final long MOVE_MILLIS = 20_000;
  private static final int JITTER_PERCENT = 10;

  private final Mover mover;
  private final Threads threads;
  private final Clock clock;
  private final long lifetimeMillis;
  private final Map<String, Served> served = new HashMap<>();
  private final Set<String> moving = new HashSet<>();

  /** What it does to links. */
  interface Mover {
    /** Moves a link, even to the suite that it has, unless it has left that generation. */
    void move(String linkId, Suite suite, long generation, long timeoutMillis) throws IOException;

    void end(String linkId, String why);
  }

  LinkRenewal(Mover mover, Threads threads, Clock clock, long lifetimeMillis) {
    this.mover = mover;
    this.threads = threads;
    this.clock = clock;
    this.lifetimeMillis = lifetimeMillis;
  }

  /** A connection of a link: what had passed when it began, and since when it is due. */
  private static final class Served {
    private final long generation;
    private final long bytesBefore;
    private Long dueSinceMillis;

    Served(LinkStatus link) {
      this.generation = link.generation();
      this.bytesBefore = link.sentBytes() + link.receivedBytes();
    }
  }

  /** Looks at the links. Called once a second. */
  void look(DeviceId self, List<LinkStatus> links, Suite least) {
    Set<String> alive = new HashSet<>();
    for (LinkStatus link : links) {
      alive.add(link.linkId());
      look(self, link, least);
    }
    served.keySet().retainAll(alive);
  }

  private void look(DeviceId self, LinkStatus link, Suite least) {
    Served now = served.get(link.linkId());
    if (now == null || now.generation != link.generation()) {
      now = new Served(link);
      served.put(link.linkId(), now);
    }
    boolean weak = link.suite().compareTo(least) < 0;
    long bytes = link.sentBytes() + link.receivedBytes() - now.bytesBefore;
    boolean old = link.ageMillis() > lifetime(link.peer()) || bytes > LIFETIME_BYTES;
    if (!weak && !old) {
      now.dueSinceMillis = null;
      return;
    }
    if (now.dueSinceMillis == null) {
      now.dueSinceMillis = clock.monotonicMillis();
    }
    long waiting = clock.monotonicMillis() - now.dueSinceMillis;
    Suite wanted = weak ? least : link.suite();
    if (waiting > END_AFTER_MILLIS) {
      mover.end(
          link.linkId(), weak ? "it stays below suite " + least.label() : "its keys are too old");
    } else if (self.compareTo(link.peer()) < 0 || waiting > HELP_AFTER_MILLIS) {
      begin(link, wanted);
    }
  }

  /** Spread by peer, so that not all links of a device move at once. */
  private long lifetime(DeviceId peer) {
    int spread = Math.floorMod(peer.hashCode(), 2 * JITTER_PERCENT + 1) - JITTER_PERCENT;
    return lifetimeMillis + lifetimeMillis * spread / 100;
  }

  private void begin(LinkStatus link, Suite suite) {
    synchronized (moving) {
      if (!moving.add(link.linkId())) {
        return;
      }
    }
    threads.start(
        "link-renewal",
        () -> {
          try {
            mover.move(link.linkId(), suite, link.generation(), MOVE_MILLIS);
            LOG.debug("the link to {} moved, suite {}", link.peer().shortForm(), suite.label());
          } catch (IOException | RuntimeException e) {
            LOG.warn(
                "COT-0414 the link to {} could not be moved yet: {}",
                link.peer().shortForm(),
                e.getMessage());
          } finally {
            synchronized (moving) {
              moving.remove(link.linkId());
            }
          }
        });
  }
}
