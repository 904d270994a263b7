package io.coterie.mesh.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.hot.HotRef;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.Threads;
import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.LinkStatus;
import io.coterie.mesh.api.PairingChannel;
import io.coterie.mesh.api.Peer;
import io.coterie.mesh.api.Roster;
import io.coterie.mesh.api.Stream;
import io.coterie.mesh.internal.mux.Handshaker;
import io.coterie.mesh.internal.mux.Link;
import io.coterie.mesh.internal.mux.LinkRegistry;
import io.coterie.mesh.internal.mux.MoveRefusedException;
import io.coterie.mesh.internal.tls.ClientHello;
import io.coterie.mesh.internal.tls.Handshake;
import io.coterie.mesh.internal.tls.Handshakes;
import io.coterie.mesh.internal.tls.RefusedPeerException;
import io.coterie.mesh.internal.tls.SecureSession;
import io.coterie.mesh.internal.tls.TlsConnection;
import io.coterie.transport.api.Address;
import io.coterie.transport.api.Connection;
import io.coterie.transport.api.ConnectionHandler;
import io.coterie.transport.api.Transport;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All links of this device, the handshakes under way, and who was refused. Thread-safe. */
final class LinkTable implements LinkRegistry {
  private static final Logger LOG = LoggerFactory.getLogger(LinkTable.class);
  private static final int HANDSHAKE_THREADS = 2;
  private static final int HANDSHAKE_QUEUE = 64;
  private static final int MAX_HALF_OPEN = 64;
  private static final long HANDSHAKE_MILLIS = 5_000;
  private static final long PING_MILLIS = 5_000;
  private static final long SILENCE_MILLIS = 20_000;
  private static final long SWITCH_MILLIS = 10_000;
  private static final int MAX_GUESTS = 8;
  private static final long ADDRESS_MILLIS = 3_000;
  private static final int LINK_ID_BYTES = 16;
  private static final long TURN_POLL_MILLIS = 20;
  private static final long MAX_PAUSE_MILLIS = 500;

  private final Handshakes identities;
  private final Gate gate;
  private final Roster roster;
  private final Guests guests;
  private final Entropy entropy;
  private final Clock clock;
  private final Consumer<Stream> incomingStreams;
  private final ExecutorService handshakes;
  private final List<Link> links = new CopyOnWriteArrayList<>();
  private final Map<Object, HalfOpen> halfOpen = new ConcurrentHashMap<>();
  private final Map<String, Long> refusals = new TreeMap<>();
  private final Map<DeviceId, ReentrantLock> dialling = new ConcurrentHashMap<>();
  private final Set<PairingConnection> guestsInside = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;
  private long lastPingMillis;

  LinkTable(
      Handshakes identities,
      Gate gate,
      Roster roster,
      Guests guests,
      Entropy entropy,
      Threads threads,
      Clock clock,
      Consumer<Stream> incomingStreams) {
    this.identities = identities;
    this.gate = gate;
    this.roster = roster;
    this.guests = guests;
    this.entropy = entropy;
    this.clock = clock;
    this.incomingStreams = incomingStreams;
    this.handshakes = threads.pool("handshake", HANDSHAKE_THREADS, HANDSHAKE_QUEUE);
  }

  /** A connection that does not belong to a link yet. */
  private record HalfOpen(long sinceMillis, Runnable abort) {}

  // ---- incoming connections

  /** A connection came in. */
  void incoming(Connection connection) {
    if (closed || halfOpen.size() >= MAX_HALF_OPEN) {
      refused("TOO_MANY_HALF_OPEN");
      connection.close();
      return;
    }
    FirstFlight flight = new FirstFlight(connection, this::serverSide, this::refused);
    halfOpen.put(connection, new HalfOpen(clock.monotonicMillis(), flight::expire));
    connection.start(
        new ConnectionHandler() {
          @Override
          public void onData(java.nio.ByteBuffer data) {
            flight.onData(data);
          }

          @Override
          public void onWritable() {
            flight.onWritable();
          }

          @Override
          public void onClosed(Throwable reason) {
            halfOpen.remove(connection);
            flight.onClosed(reason);
          }
        });
  }

  private ConnectionHandler serverSide(Connection connection, ClientHello.Offer offer) {
    Gate.Decision decision = gate.decide(offer);
    if (decision instanceof Gate.Decision.Refused no) {
      refused(no.reason());
      halfOpen.remove(connection);
      connection.close();
      return null;
    }
    if (decision instanceof Gate.Decision.Pairing pairing) {
      return unprovenSide(connection, offer, made -> guests.paired(pairing.inviteId(), made));
    }
    if (decision instanceof Gate.Decision.AskForRoster) {
      return unprovenSide(connection, offer, guests::asked);
    }
    return linkSide(connection, offer);
  }

  /** What becomes of connections that are no links. Must not block. */
  interface Guests {
    void paired(byte[] inviteId, PairingChannel channel);

    void asked(PairingChannel channel);
  }

  private ConnectionHandler unprovenSide(
      Connection connection, ClientHello.Offer offer, Consumer<PairingChannel> welcome) {
    if (guestsInside.size() >= MAX_GUESTS) {
      refused("TOO_MANY_GUESTS");
      halfOpen.remove(connection);
      connection.close();
      return null;
    }
    PairingConnection channel =
        new PairingConnection(
            clock,
            made -> {
              halfOpen.remove(made);
              welcome.accept(made);
            },
            gone -> {
              halfOpen.remove(gone);
              guestsInside.remove(gone);
            });
    guestsInside.add(channel);
    try {
      TlsConnection tls =
          new TlsConnection(
              connection, identities.host(offer.suite(), offer.cipher()), handshakes, channel);
      channel.attach(tls);
      halfOpen.remove(connection);
      halfOpen.put(channel, new HalfOpen(clock.monotonicMillis(), channel::close));
      tls.begin();
      return tls;
    } catch (IOException | RuntimeException e) {
      guestsInside.remove(channel);
      refused(e);
      connection.close();
      return null;
    }
  }

  /** Knocks at the door of a device that invited this one. */
  PairingChannel pair(
      Address address,
      byte[] inviteId,
      byte[] secret,
      long timeoutMillis,
      HotRef<Transport> transport)
      throws IOException {
    return unproven(address, identities.guest(inviteId, secret), timeoutMillis, transport);
  }

  /** Asks a member for its roster; its addresses are tried in turn. */
  PairingChannel askForRoster(Peer peer, long timeoutMillis, HotRef<Transport> transport)
      throws IOException {
    IOException last = new IOException("no address of " + peer.name() + " is known");
    for (String address : peer.addresses()) {
      try {
        Handshake handshake = identities.asking(peer.id(), linkSecret(peer));
        return unproven(Address.parse(address), handshake, timeoutMillis, transport);
      } catch (IOException e) {
        last = e;
      }
    }
    throw last;
  }

  private PairingChannel unproven(
      Address address, Handshake handshake, long timeoutMillis, HotRef<Transport> transport)
      throws IOException {
    Connection connection = transport.call(t -> t.connect(address, timeoutMillis));
    PairingConnection channel = new PairingConnection(clock, made -> {}, gone -> {});
    TlsConnection tls = new TlsConnection(connection, handshake, handshakes, channel);
    channel.attach(tls);
    connection.start(tls);
    connection.eventThread().execute(tls::begin);
    try {
      return channel.ready().get(timeoutMillis, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      channel.close();
      throw new IOException("the handshake with " + address + " took too long", e);
    } catch (ExecutionException e) {
      throw new IOException(
          "the device at " + address + " does not talk to this one: " + e.getCause().getMessage(),
          e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      channel.close();
      throw new IOException("interrupted", e);
    }
  }

  private ConnectionHandler linkSide(Connection connection, ClientHello.Offer offer) {
    Handshaker handshaker = new Handshaker(identities, this, null);
    TlsConnection tls;
    try {
      tls =
          new TlsConnection(
              connection, identities.server(offer.suite(), offer.cipher()), handshakes, handshaker);
    } catch (IOException e) {
      refused(e);
      connection.close();
      return null;
    }
    handshaker.attach(tls);
    halfOpen.remove(connection);
    halfOpen.put(handshaker, new HalfOpen(clock.monotonicMillis(), handshaker::abort));
    tls.begin();
    return tls;
  }

  private void refused(String reason) {
    LOG.info("COT-0409 an incoming connection was refused: {}", reason);
    synchronized (refusals) {
      refusals.merge(reason, 1L, Long::sum);
    }
  }

  @Override
  public void refused(Throwable reason) {
    RefusedPeerException peer = RefusedPeerException.in(reason);
    if (peer != null) {
      LOG.info("COT-0409 a peer was refused: {}", peer.getMessage());
      refused(peer.reason().name());
      return;
    }
    String text = String.valueOf(reason == null ? null : reason.getMessage());
    LOG.info("COT-0409 a handshake failed: {}", text);
    refused(reason == null ? "LEFT_EARLY" : "HANDSHAKE_FAILED");
  }

  @Override
  public void handshakeOver(Handshaker handshaker) {
    halfOpen.remove(handshaker);
  }

  Map<String, Long> refusals() {
    synchronized (refusals) {
      return new TreeMap<>(refusals);
    }
  }

  // ---- links

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
    Suite suite = session.suite();
    Link link =
        new Link(
            peer,
            linkId,
            dialler,
            tls,
            suite,
            session.cipher(),
            clock,
            incomingStreams,
            links::remove);
    links.add(link);
    if (closed || !identities.trusted(peer)) {
      // Revoked between its handshake and now: whoever cuts links has not seen this one.
      link.end(new IOException("the device is no longer trusted, or the mesh stops"));
      return link;
    }
    LOG.info("link {} {} by suite {}", dialler ? "to" : "from", peer.shortForm(), suite.label());
    return link;
  }

  @Override
  public Link find(DeviceId peer, byte[] linkId) {
    for (Link link : links) {
      if (link.peer().equals(peer) && Arrays.equals(link.id(), linkId) && link.alive()) {
        return link;
      }
    }
    return null;
  }

  /** The live link of that id, as {@link LinkStatus#linkId()} shows it, or null. */
  Link byId(String linkId) {
    for (Link link : links) {
      if (link.alive() && HexFormat.of().formatHex(link.id()).equals(linkId)) {
        return link;
      }
    }
    return null;
  }

  /** A live link to the device, or null. */
  Link live(DeviceId peer) {
    for (Link link : links) {
      if (link.peer().equals(peer) && link.alive()) {
        return link;
      }
    }
    return null;
  }

  boolean settled() {
    return links.stream().allMatch(Link::settled);
  }

  List<LinkStatus> list() {
    return links.stream().map(Link::status).toList();
  }

  // ---- dialling

  /** Dials the addresses of a peer in turn, unless somebody else just made a link. */
  Link dial(Peer peer, Suite suite, long timeoutMillis, HotRef<Transport> tcp) throws IOException {
    long end = clock.monotonicMillis() + timeoutMillis;
    ReentrantLock one = oneAtATime(peer, timeoutMillis);
    try {
      Link live = live(peer.id());
      return live != null ? live : connect(peer, null, suite, left(end), tcp);
    } finally {
      one.unlock();
    }
  }

  /**
   * Moves a link to a new connection.
   *
   * @param renewed the generation that is to be left even for one of the same suite, or -1
   */
  LinkStatus move(
      Link link, Peer peer, Suite suite, long renewed, long timeoutMillis, HotRef<Transport> tcp)
      throws IOException {
    long end = clock.monotonicMillis() + timeoutMillis;
    long pauseMillis = TURN_POLL_MILLIS;
    while (true) {
      try {
        return tryMove(link, peer, suite, renewed, end, tcp);
      } catch (IOException e) {
        // When both sides begin at once, one offer gives way; its turn comes after the other's.
        if (!MoveRefusedException.caused(e) || !link.alive() || left(end) == 0) {
          throw e;
        }
        LOG.info("the link to {} is being moved from there; trying again", peer.name());
        pause(pauseMillis);
        pauseMillis = Math.min(2 * pauseMillis, MAX_PAUSE_MILLIS);
      }
    }
  }

  private LinkStatus tryMove(
      Link link, Peer peer, Suite suite, long renewed, long end, HotRef<Transport> tcp)
      throws IOException {
    ReentrantLock one = oneAtATime(peer, left(end));
    try {
      awaitTurn(link, end);
      try {
        if (link.suite() != suite || link.generation() == renewed) {
          connect(peer, link, suite, left(end), tcp);
        }
      } finally {
        link.proposalOver();
      }
      return link.status();
    } finally {
      one.unlock();
    }
  }

  private ReentrantLock oneAtATime(Peer peer, long timeoutMillis) throws IOException {
    ReentrantLock one = dialling.computeIfAbsent(peer.id(), id -> new ReentrantLock());
    try {
      if (one.tryLock(timeoutMillis, TimeUnit.MILLISECONDS)) {
        return one;
      }
      throw new IOException(
          "waited " + timeoutMillis + " ms for another connection attempt to " + peer.name());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private void awaitTurn(Link link, long end) throws IOException {
    while (!link.proposeMove()) {
      if (!link.alive()) {
        throw new IOException("the link has ended");
      }
      if (left(end) == 0) {
        throw new IOException("waited for another change of this link's connection");
      }
      pause(TURN_POLL_MILLIS);
    }
  }

  private static void pause(long millis) throws IOException {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private long left(long end) {
    return Math.max(0, end - clock.monotonicMillis());
  }

  private Link connect(
      Peer peer, Link moving, Suite suite, long timeoutMillis, HotRef<Transport> tcp)
      throws IOException {
    if (peer.addresses().isEmpty()) {
      throw CoterieException.of(
          "COT-0410",
          ExitCode.FAILED,
          "no address of peer " + peer.name() + " is known",
          "coterie mesh listen (on " + peer.name() + "), and let it dial this device once");
    }
    IOException last = null;
    long end = clock.monotonicMillis() + timeoutMillis;
    int untried = peer.addresses().size();
    for (String text : peer.addresses()) {
      long left = end - clock.monotonicMillis();
      if (left <= 0) {
        break;
      }
      // One address that leads nowhere must not eat the time of those behind it.
      long share = untried == 1 ? left : Math.min(left, Math.max(ADDRESS_MILLIS, left / untried));
      untried--;
      try {
        return connect(Address.parse(text), peer, moving, suite, share, tcp);
      } catch (IOException e) {
        if (MoveRefusedException.caused(e)) {
          throw e; // this is the peer, and it moves the link itself
        }
        last = e;
      }
    }
    throw new IOException(
        "peer "
            + peer.name()
            + " cannot be reached: "
            + (last == null ? "timeout" : last.getMessage()),
        last);
  }

  private Link connect(
      Address address,
      Peer peer,
      Link moving,
      Suite suite,
      long timeoutMillis,
      HotRef<Transport> tcp)
      throws IOException {
    Handshake handshake = identities.client(gate.atLeast(suite), peer.id(), linkSecret(peer));
    Connection connection = tcp.call(t -> t.connect(address, timeoutMillis));
    CompletableFuture<Link> result = new CompletableFuture<>();
    byte[] linkId = moving == null ? entropy.bytes(LINK_ID_BYTES) : moving.id();
    Handshaker handshaker =
        new Handshaker(identities, this, new Handshaker.Dial(peer.id(), linkId, moving, result));
    TlsConnection tls = new TlsConnection(connection, handshake, handshakes, handshaker);
    handshaker.attach(tls);
    connection.start(tls);
    connection.eventThread().execute(tls::begin);
    try {
      return result.get(Math.min(timeoutMillis, HANDSHAKE_MILLIS), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      handshaker.abort();
      throw new IOException("the handshake with " + address + " took too long", e);
    } catch (ExecutionException e) {
      throw new IOException(e.getCause().getMessage(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      handshaker.abort();
      throw new IOException("interrupted", e);
    }
  }

  private byte[] linkSecret(Peer peer) throws IOException {
    return roster
        .view()
        .map(Roster.View::linkSecret)
        .orElseThrow(() -> new IOException("this device and " + peer.name() + " share no coterie"));
  }

  // ---- upkeep

  /** Once a second: expires handshakes and silent links, and pings. */
  void tick() {
    long now = clock.monotonicMillis();
    halfOpen.forEach(
        (key, half) -> {
          boolean late = now - half.sinceMillis() > HANDSHAKE_MILLIS;
          boolean done = key instanceof Handshaker h && h.done();
          if (done) {
            halfOpen.remove(key);
          } else if (late) {
            halfOpen.remove(key);
            half.abort().run();
          }
        });
    boolean ping = now - lastPingMillis >= PING_MILLIS;
    if (ping) {
      lastPingMillis = now;
    }
    for (Link link : links) {
      if (link.silenceMillis() > SILENCE_MILLIS) {
        link.end(new IOException("nothing was heard for " + SILENCE_MILLIS + " ms"));
      } else if (link.switchingMillis() > SWITCH_MILLIS) {
        link.end(new IOException("a change of connection took over " + SWITCH_MILLIS + " ms"));
      } else if (!identities.trusted(link.peer())) {
        link.end(new IOException("the device is no longer trusted"));
      } else if (ping) {
        link.ping();
      }
    }
  }

  void cut(DeviceId peer, String why) {
    for (Link link : links) {
      if (link.peer().equals(peer)) {
        link.end(new IOException(why));
      }
    }
  }

  void close() {
    closed = true;
    halfOpen.values().forEach(half -> half.abort().run());
    guestsInside.forEach(PairingConnection::close);
    for (Link link : links) {
      link.end(new IOException("the mesh stops"));
    }
    handshakes.shutdownNow();
  }
}
