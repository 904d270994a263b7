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
 * Moves live links to the suite that the roster demands, while their streams flow. The device with
 * the smaller id begins; the other one helps when nothing happens, and a link that stays weak is
 * ended. One thread calls it; the moves have their own.
 */
final class SuiteRoll {
  static final long HELP_AFTER_MILLIS = 10_000;
  static final long END_AFTER_MILLIS = 60_000;
  private static final Logger LOG = LoggerFactory.getLogger(SuiteRoll.class);
  private static final long MOVE_MILLIS = 20_000;

  private final Mover mover;
  private final Threads threads;
  private final Clock clock;
  private final Map<DeviceId, Long> weakSince = new HashMap<>();
  private final Set<DeviceId> moving = new HashSet<>();

  /** What it does to links. */
  interface Mover {
    void move(DeviceId peer, Suite suite, long timeoutMillis) throws IOException;

    void end(DeviceId peer, String why);
  }

  SuiteRoll(Mover mover, Threads threads, Clock clock) {
    this.mover = mover;
    this.threads = threads;
    this.clock = clock;
  }

  /** Looks at the links. Called once a second. */
  void look(DeviceId self, List<LinkStatus> links, Suite least) {
    Set<DeviceId> weak = new HashSet<>();
    for (LinkStatus link : links) {
      if (link.suite().compareTo(least) < 0) {
        weak.add(link.peer());
      }
    }
    weakSince.keySet().retainAll(weak);
    for (DeviceId peer : weak) {
      long age =
          clock.monotonicMillis() - weakSince.computeIfAbsent(peer, p -> clock.monotonicMillis());
      if (age > END_AFTER_MILLIS) {
        mover.end(peer, "it stays below suite " + least.label());
      } else if (self.compareTo(peer) < 0 || age > HELP_AFTER_MILLIS) {
        begin(peer, least);
      }
    }
  }

  private void begin(DeviceId peer, Suite least) {
    synchronized (moving) {
      if (!moving.add(peer)) {
        return;
      }
    }
    threads.start(
        "suite-roll",
        () -> {
          try {
            mover.move(peer, least, MOVE_MILLIS);
            LOG.info("the link to {} moved to suite {}", peer.shortForm(), least.label());
          } catch (IOException | RuntimeException e) {
            LOG.warn(
                "COT-0414 the link to {} could not be moved to suite {} yet: {}",
                peer.shortForm(),
                least.label(),
                e.getMessage());
          } finally {
            synchronized (moving) {
              moving.remove(peer);
            }
          }
        });
  }
}
