package io.coterie.mesh.internal;

import io.coterie.base.seam.Clock;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How much trouble one address may make. Each connection that is refused fills its bucket; while
 * that is full, further connections from there are closed unread. A member's connections are not
 * refused, so they fill nothing. IPv6 addresses count by their /64. Thread-safe.
 */
final class AddressLimit {
  /** So many refusals at once are borne. */
  static final int BUCKET = 60;

  /** One refusal is forgotten in this time. */
  static final long FORGET_MILLIS = 1_000;

  private static final int MAX_ADDRESSES = 1024;
  private static final int NETWORK_BYTES = 8;

  private final Clock clock;
  private final Map<String, Bucket> buckets =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
          return size() > MAX_ADDRESSES;
        }
      };

  AddressLimit(Clock clock) {
    this.clock = clock;
  }

  private record Bucket(double level, long atMillis) {}

  /** What counts as one address; the remote end is {@code HOST:PORT}. */
  static String key(String remote) {
    int colon = remote.lastIndexOf(':');
    String host = colon < 0 ? remote : remote.substring(0, colon);
    host = host.replaceAll("^\\[|\\]$", "").replaceFirst("%.*$", "");
    if (host.indexOf(':') < 0) {
      return host;
    }
    try {
      byte[] address = InetAddress.getByName(host).getAddress(); // digits only: nobody is asked
      return address.length <= NETWORK_BYTES
          ? host
          : HexFormat.of().formatHex(address, 0, NETWORK_BYTES);
    } catch (UnknownHostException e) {
      return host;
    }
  }

  /** Whether a connection from there is to be looked at. */
  synchronized boolean admits(String remote) {
    return level(key(remote)) < BUCKET;
  }

  /** A connection from there was refused. */
  synchronized void refused(String remote) {
    String key = key(remote);
    buckets.put(key, new Bucket(Math.min(BUCKET, level(key) + 1), clock.monotonicMillis()));
  }

  private double level(String key) {
    Bucket bucket = buckets.get(key);
    if (bucket == null) {
      return 0;
    }
    double forgotten = (double) (clock.monotonicMillis() - bucket.atMillis()) / FORGET_MILLIS;
    return Math.max(0, bucket.level() - forgotten);
  }
}
