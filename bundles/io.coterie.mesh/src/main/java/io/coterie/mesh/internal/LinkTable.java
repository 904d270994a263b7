package io.coterie.mesh.internal;

import io.coterie.base.seam.Clock;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.LinkStatus;
import io.coterie.mesh.api.Stream;
import io.coterie.mesh.internal.mux.Link;
import io.coterie.mesh.internal.mux.LinkRegistry;
import io.coterie.mesh.internal.tls.SecureSession;
import io.coterie.mesh.internal.tls.TlsConnection;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All links of this device and their upkeep. Thread-safe. */
final class LinkTable implements LinkRegistry, Link.Owner {
  private static final Logger LOG = LoggerFactory.getLogger(LinkTable.class);
  private static final long PING_MILLIS = 5_000;
  private static final long SILENCE_MILLIS = 12_000;
  private static final long SWITCH_MILLIS = 10_000;
  private static final int MAX_LINKS_PER_PEER = 8;

  private final Predicate<DeviceId> trusted;
  private final Clock clock;
  private final Consumer<Stream> incomingStreams;
  private final Consumer<Link> brokenLinks;
  private final List<Link> links = new CopyOnWriteArrayList<>();
  private volatile boolean closed;
  private long lastPingMillis;

  LinkTable(
      Predicate<DeviceId> trusted,
      Clock clock,
      Consumer<Stream> incomingStreams,
      Consumer<Link> brokenLinks) {
    this.trusted = trusted;
    this.clock = clock;
    this.incomingStreams = incomingStreams;
    this.brokenLinks = brokenLinks;
  }

  @Override
  public void opened(Stream stream) {
    incomingStreams.accept(stream);
  }

  @Override
  public void broken(Link link) {
    brokenLinks.accept(link);
  }

  @Override
  public void closed(Link link) {
    links.remove(link);
  }

  @Override
  public Link accepted(DeviceId peer, byte[] linkId, TlsConnection tls, SecureSession session) {
    return add(peer, linkId, false, tls, session);
  }

  @Override
  public Link dialled(DeviceId peer, byte[] linkId, TlsConnection tls, SecureSession session) {
    return add(peer, linkId, true, tls, session);
  }

  private Link add(
      DeviceId peer, byte[] linkId, boolean dialler, TlsConnection tls, SecureSession session) {
    Link link = new Link(peer, linkId, dialler, tls, session.terms(), clock, this);
    makeRoom(peer);
    links.add(link);
    if (closed || !trusted.test(peer)) {
      // Revoked between its handshake and now: whoever cuts links has not seen this one.
      link.end(new IOException("the device is no longer trusted, or the mesh stops"));
      return link;
    }
    LOG.info(
        "link {} {} by suite {}",
        dialler ? "to" : "from",
        peer.shortForm(),
        session.suite().label());
    return link;
  }

  /** A peer has a few links, two when both dialled at once; what it left broken goes first. */
  private void makeRoom(DeviceId peer) {
    List<Link> same = links.stream().filter(link -> link.peer().equals(peer)).toList();
    if (same.size() >= MAX_LINKS_PER_PEER) {
      Link leaving = same.stream().filter(Link::broken).findFirst().orElse(same.get(0));
      leaving.end(new IOException("there are " + same.size() + " links to the device"));
    }
  }

  @Override
  public Link find(DeviceId peer, byte[] linkId) {
    return first(link -> link.peer().equals(peer) && Arrays.equals(link.id(), linkId));
  }

  /** The live link of that id, as {@link LinkStatus#linkId()} shows it, or null. */
  Link byId(String linkId) {
    return first(link -> HexFormat.of().formatHex(link.id()).equals(linkId));
  }

  /** A link to the device, one that has a connection before one that waits for one, or null. */
  Link live(DeviceId peer) {
    Link up = first(link -> link.peer().equals(peer) && !link.broken());
    return up != null ? up : first(link -> link.peer().equals(peer));
  }

  private Link first(Predicate<Link> wanted) {
    for (Link link : links) {
      if (wanted.test(link) && link.alive()) {
        return link;
      }
    }
    return null;
  }

  /** True when no link is moving to another connection. */
  boolean settled() {
    return links.stream().allMatch(Link::settled);
  }

  List<LinkStatus> list() {
    return links.stream().map(Link::status).toList();
  }

  /** Once a second: breaks silent links, ends distrusted ones, and pings. */
  void tick() {
    long now = clock.monotonicMillis();
    boolean ping = now - lastPingMillis >= PING_MILLIS;
    if (ping) {
      lastPingMillis = now;
    }
    for (Link link : links) {
      link.breakWhenSilent(SILENCE_MILLIS);
      link.breakWhenSwitching(SWITCH_MILLIS);
      if (!trusted.test(link.peer())) {
        link.end(new IOException("the device is no longer trusted"));
      } else if (ping) {
        link.ping();
      }
    }
  }

  /** Ends every link to the device. */
  void cut(DeviceId peer, String why) {
    for (Link link : links) {
      if (link.peer().equals(peer)) {
        link.end(new IOException(why));
      }
    }
  }

  /** Ends every link, and those that come later. */
  void close() {
    closed = true;
    for (Link link : links) {
      link.end(new IOException("the mesh stops"));
    }
  }
}
