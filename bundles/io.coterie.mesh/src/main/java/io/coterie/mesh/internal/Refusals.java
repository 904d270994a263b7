package io.coterie.mesh.internal;

import io.coterie.base.seam.Clock;
import io.coterie.mesh.internal.tls.RefusedPeerException;
import io.coterie.ops.api.Audit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who was turned away: counted by reason, and devices that came as far as to show a certificate are
 * audited. Thread-safe.
 */
final class Refusals {
  private static final Logger LOG = LoggerFactory.getLogger(Refusals.class);
  private static final long AUDIT_PAUSE_MILLIS = 60_000;
  private static final int MAX_REMEMBERED = 256;

  private final Audit audit;
  private final Clock clock;
  private final Map<String, Long> counts = new TreeMap<>();
  private final Map<String, Repeated> audited =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Repeated> eldest) {
          return size() > MAX_REMEMBERED;
        }
      };

  Refusals(Audit audit, Clock clock) {
    this.audit = audit;
    this.clock = clock;
  }

  /** When a refusal was last written down, and how often it happened since. */
  private record Repeated(long atMillis, long since) {}

  /** A connection was not even looked at. A flood of them must not fill the log. */
  synchronized void shutOut(String remote, String reason) {
    LOG.debug("COT-0409 an incoming connection from {} was shut out: {}", remote, reason);
    counts.merge(reason, 1L, Long::sum);
  }

  /** A connection was refused before anybody proved anything. */
  synchronized void count(String remote, String reason) {
    LOG.info("COT-0409 an incoming connection from {} was refused: {}", remote, reason);
    counts.merge(reason, 1L, Long::sum);
  }

  /** A device showed a certificate and was refused. */
  synchronized void device(String remote, RefusedPeerException why) {
    count(remote, why.reason().name());
    LOG.info("COT-0409 a peer was refused: {}", why.getMessage());
    // Whoever comes again and again, under whatever name, fills the log once a minute.
    String key = AddressLimit.key(remote) + " " + why.reason();
    Repeated before = audited.get(key);
    long now = clock.monotonicMillis();
    if (before != null && now - before.atMillis() < AUDIT_PAUSE_MILLIS) {
      audited.put(key, new Repeated(before.atMillis(), before.since() + 1));
      return;
    }
    String again =
        before == null || before.since() == 0 ? "" : ", " + before.since() + " times more before";
    audited.put(key, new Repeated(now, 0));
    audit.record("device-refused", remote, why.reason() + ": " + why.getMessage() + again);
  }

  /** How often connections were refused, by reason. */
  synchronized Map<String, Long> counts() {
    return new TreeMap<>(counts);
  }
}
