package io.coterie.mesh.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.hot.HotRef;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.Entropy;
import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.LinkStatus;
import io.coterie.mesh.api.PairingChannel;
import io.coterie.mesh.api.Peer;
import io.coterie.mesh.api.Roster;
import io.coterie.mesh.internal.mux.Handshaker;
import io.coterie.mesh.internal.mux.Link;
import io.coterie.mesh.internal.mux.MoveRefusedException;
import io.coterie.mesh.internal.tls.Handshake;
import io.coterie.mesh.internal.tls.Handshakes;
import io.coterie.mesh.internal.tls.TlsConnection;
import io.coterie.transport.api.Address;
import io.coterie.transport.api.Connection;
import io.coterie.transport.api.Transport;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Outgoing connections: to make a link, to move one, to pair, to ask for the roster. Thread-safe;
 * at most one attempt per peer at a time.
 */
final class Dialler {
  private static final Logger LOG = LoggerFactory.getLogger(Dialler.class);
  private static final long HANDSHAKE_MILLIS = 5_000;
  private static final long ADDRESS_MILLIS = 3_000;
  private static final long RESUME_MILLIS = 2_000;
  private static final long BROKEN_WAIT_MILLIS = 5_000;
  private static final int LINK_ID_BYTES = 16;
  private static final long TURN_POLL_MILLIS = 20;
  private static final long MAX_PAUSE_MILLIS = 500;

  private final Handshakes identities;
  private final ExecutorService handshakes;
  private final Gate gate;
  private final Roster roster;
  private final LinkTable links;
  private final HotRef<Transport> tcp;
  private final Entropy entropy;
  private final Clock clock;
  private final Map<DeviceId, ReentrantLock> dialling = new ConcurrentHashMap<>();

  Dialler(
      Handshakes identities,
      ExecutorService handshakes,
      Gate gate,
      Roster roster,
      LinkTable links,
      HotRef<Transport> tcp,
      Entropy entropy,
      Clock clock) {
    this.identities = identities;
    this.handshakes = handshakes;
    this.gate = gate;
    this.roster = roster;
    this.links = links;
    this.tcp = tcp;
    this.entropy = entropy;
    this.clock = clock;
  }

  /**
   * Dials the addresses of a peer in turn, unless somebody else just made a link. A link that is
   * broken is waited for, for a while.
   */
  Link dial(Peer peer, Suite suite, long timeoutMillis) throws IOException {
    long end = clock.monotonicMillis() + timeoutMillis;
    long waitEnd = clock.monotonicMillis() + Math.min(timeoutMillis, BROKEN_WAIT_MILLIS);
    long pauseMillis = TURN_POLL_MILLIS;
    IOException last = new IOException("the link to " + peer.name() + " is broken");
    while (true) {
      ReentrantLock one = oneAtATime(peer, left(end));
      try {
        Link live = links.live(peer.id());
        if (live == null) {
          byte[] id = entropy.bytes(LINK_ID_BYTES);
          return connect(peer, suite, () -> Handshaker.Dial.make(peer.id(), id), left(end));
        }
        if (!live.broken()) {
          return live;
        }
        if (!peer.addresses().isEmpty()) { // else only the other device can dial
          return resumeNow(live, peer, left(end));
        }
      } catch (IOException e) {
        Link live = links.live(peer.id());
        if (live == null || left(waitEnd) == 0) {
          throw e;
        }
        last = e;
      } finally {
        one.unlock();
      }
      if (left(waitEnd) == 0) {
        throw last;
      }
      pause(pauseMillis);
      pauseMillis = Math.min(2 * pauseMillis, MAX_PAUSE_MILLIS);
    }
  }

  /** Goes on with a broken link over a new connection. */
  void resume(Link link, Peer peer, long timeoutMillis) throws IOException {
    long end = clock.monotonicMillis() + timeoutMillis;
    ReentrantLock one = oneAtATime(peer, timeoutMillis);
    try {
      if (link.broken()) {
        resumeNow(link, peer, left(end));
      }
    } finally {
      one.unlock();
    }
  }

  private Link resumeNow(Link link, Peer peer, long timeoutMillis) throws IOException {
    // Short attempts: an address that is silent now may answer in a moment, and TCP itself repeats
    // a lost SYN ever more slowly.
    long each = Math.min(timeoutMillis, RESUME_MILLIS * Math.max(1, peer.addresses().size()));
    return connect(peer, link.resumeSuite(), () -> Handshaker.Dial.resume(link), each);
  }

  /**
   * Moves a link to a new connection.
   *
   * @param renewed the generation that is to be left, even for one of the same suite, and no other;
   *     or -1
   */
  LinkStatus move(Link link, Peer peer, Suite suite, long renewed, long timeoutMillis)
      throws IOException {
    long end = clock.monotonicMillis() + timeoutMillis;
    long pauseMillis = TURN_POLL_MILLIS;
    while (true) {
      while (link.broken() && left(end) > 0) {
        pause(TURN_POLL_MILLIS); // without the lock: going on needs it
      }
      try {
        LinkStatus moved = tryMove(link, peer, suite, renewed, end);
        if (moved != null) {
          return moved;
        }
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

  /** Null when the link broke before its turn came. */
  private LinkStatus tryMove(Link link, Peer peer, Suite suite, long renewed, long end)
      throws IOException {
    ReentrantLock one = oneAtATime(peer, left(end));
    try {
      if (!awaitTurn(link, end)) {
        return null;
      }
      try {
        // A renewal that comes late must not undo what somebody wanted meanwhile.
        boolean due = renewed < 0 ? link.suite() != suite : link.generation() == renewed;
        if (due) {
          connect(peer, suite, () -> Handshaker.Dial.move(link), left(end));
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

  private boolean awaitTurn(Link link, long end) throws IOException {
    while (!link.proposeMove()) {
      if (link.broken() && left(end) > 0) {
        return false;
      }
      if (!link.alive()) {
        throw new IOException("the link has ended");
      }
      if (left(end) == 0) {
        throw new IOException("waited for another change of this link's connection");
      }
      pause(TURN_POLL_MILLIS);
    }
    return true;
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

  private Link connect(Peer peer, Suite suite, Supplier<Handshaker.Dial> dials, long timeoutMillis)
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
        return connect(Address.parse(text), peer, suite, dials.get(), share);
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
      Address address, Peer peer, Suite suite, Handshaker.Dial dial, long timeoutMillis)
      throws IOException {
    Handshaker handshaker = Handshaker.dialling(identities, links, dial);
    Handshake handshake = identities.client(gate.atLeast(suite), peer.id(), linkSecret(peer));
    Connection connection = tcp.call(t -> t.connect(address, timeoutMillis));
    TlsConnection tls = new TlsConnection(connection, handshake, handshakes, handshaker);
    handshaker.attach(tls);
    begin(connection, tls);
    long waitMillis = Math.min(timeoutMillis, HANDSHAKE_MILLIS);
    return made(dial.result(), address, waitMillis, handshaker::abort, "");
  }

  /** Knocks at the door of a device that invited this one. */
  PairingChannel pair(Address address, byte[] inviteId, byte[] secret, long timeoutMillis)
      throws IOException {
    return unproven(address, identities.guest(inviteId, secret), timeoutMillis);
  }

  /** Asks a member for its roster; its addresses are tried in turn. */
  PairingChannel askForRoster(Peer peer, long timeoutMillis) throws IOException {
    IOException last = new IOException("no address of " + peer.name() + " is known");
    for (String address : peer.addresses()) {
      try {
        Handshake handshake = identities.asking(peer.id(), linkSecret(peer));
        return unproven(Address.parse(address), handshake, timeoutMillis);
      } catch (IOException e) {
        last = e;
      }
    }
    throw last;
  }

  private PairingChannel unproven(Address address, Handshake handshake, long timeoutMillis)
      throws IOException {
    Connection connection = tcp.call(t -> t.connect(address, timeoutMillis));
    PairingConnection channel = new PairingConnection(clock, made -> {}, gone -> {});
    TlsConnection tls = new TlsConnection(connection, handshake, handshakes, channel);
    channel.attach(tls);
    begin(connection, tls);
    String refusal = "the device at " + address + " does not talk to this one: ";
    return made(channel.ready(), address, timeoutMillis, channel::close, refusal);
  }

  private static void begin(Connection connection, TlsConnection tls) {
    connection.start(tls);
    connection.eventThread().execute(tls::begin);
  }

  /** Waits for what a handshake makes, and gives the handshake up when it takes too long. */
  private static <T> T made(
      CompletableFuture<T> result,
      Address address,
      long timeoutMillis,
      Runnable abort,
      String refusal)
      throws IOException {
    try {
      return result.get(timeoutMillis, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      abort.run();
      throw new IOException("the handshake with " + address + " took too long", e);
    } catch (ExecutionException e) {
      throw new IOException(refusal + e.getCause().getMessage(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      abort.run();
      throw new IOException("interrupted", e);
    }
  }

  private byte[] linkSecret(Peer peer) throws IOException {
    return roster
        .view()
        .map(Roster.View::linkSecret)
        .orElseThrow(() -> new IOException("this device and " + peer.name() + " share no coterie"));
  }
}
