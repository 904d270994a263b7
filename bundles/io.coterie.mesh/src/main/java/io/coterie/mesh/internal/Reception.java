package io.coterie.mesh.internal;

import io.coterie.base.seam.Clock;
import io.coterie.mesh.api.PairingChannel;
import io.coterie.mesh.internal.mux.HandshakeWatch;
import io.coterie.mesh.internal.mux.Handshaker;
import io.coterie.mesh.internal.mux.LinkRegistry;
import io.coterie.mesh.internal.tls.ClientHello;
import io.coterie.mesh.internal.tls.Handshakes;
import io.coterie.mesh.internal.tls.RefusedPeerException;
import io.coterie.mesh.internal.tls.TlsConnection;
import io.coterie.transport.api.Connection;
import io.coterie.transport.api.ConnectionHandler;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Incoming connections until they belong to a link or to a guest: what the gate says of each, how
 * many there may be, how long each may take, and who was refused. Thread-safe.
 */
final class Reception implements HandshakeWatch {
  private static final Logger LOG = LoggerFactory.getLogger(Reception.class);
  private static final int MAX_HALF_OPEN = 64;
  private static final int MAX_HALF_OPEN_PER_ADDRESS = 16;
  private static final long HANDSHAKE_MILLIS = 5_000;
  private static final int MAX_GUESTS = 8;

  private final Handshakes identities;
  private final ExecutorService handshakes;
  private final Gate gate;
  private final Guests guests;
  private final LinkRegistry links;
  private final Clock clock;
  private final Map<Object, HalfOpen> halfOpen = new ConcurrentHashMap<>();
  private final Refusals refusals;
  private final AddressLimit limit;
  private final Set<PairingConnection> guestsInside = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  Reception(
      Handshakes identities,
      ExecutorService handshakes,
      Gate gate,
      Guests guests,
      LinkRegistry links,
      Refusals refusals,
      Clock clock) {
    this.identities = identities;
    this.handshakes = handshakes;
    this.gate = gate;
    this.guests = guests;
    this.links = links;
    this.refusals = refusals;
    this.limit = new AddressLimit(clock);
    this.clock = clock;
  }

  /** What becomes of connections that are no links. Must not block. */
  interface Guests {
    void paired(byte[] inviteId, PairingChannel channel);

    void asked(PairingChannel channel);
  }

  /** A connection that does not belong to a link yet. */
  private record HalfOpen(String address, long sinceMillis, Runnable abort) {}

  /** A connection came in. */
  void incoming(Connection connection) {
    String remote = connection.remote();
    String no = full(remote);
    if (no != null) {
      refusals.shutOut(remote, no);
      connection.close();
      return;
    }
    FirstFlight flight =
        new FirstFlight(connection, this::welcome, reason -> refused(remote, reason));
    watch(connection, remote, flight::expire);
    connection.start(
        new ConnectionHandler() {
          @Override
          public void onData(ByteBuffer data) {
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

  /** Why a connection is not even looked at, or null. */
  private String full(String remote) {
    if (closed || halfOpen.size() >= MAX_HALF_OPEN) {
      return "TOO_MANY_HALF_OPEN";
    }
    String address = AddressLimit.key(remote);
    long fromThere =
        halfOpen.entrySet().stream()
            .filter(half -> half.getValue().address().equals(address))
            .filter(half -> !(half.getKey() instanceof Handshaker h && h.done()))
            .count();
    return fromThere >= MAX_HALF_OPEN_PER_ADDRESS || !limit.admits(remote)
        ? "TOO_MANY_FROM_ADDRESS"
        : null;
  }

  private ConnectionHandler welcome(Connection connection, ClientHello.Offer offer) {
    Gate.Decision decision = gate.decide(offer);
    if (decision instanceof Gate.Decision.Refused no) {
      return turnAway(connection, no.reason());
    }
    if (decision instanceof Gate.Decision.Pairing pairing) {
      return guestSide(connection, offer, made -> guests.paired(pairing.inviteId(), made));
    }
    if (decision instanceof Gate.Decision.AskForRoster) {
      return guestSide(connection, offer, guests::asked);
    }
    return linkSide(connection, offer);
  }

  private ConnectionHandler turnAway(Connection connection, String reason) {
    refused(connection.remote(), reason);
    halfOpen.remove(connection);
    connection.close();
    return null;
  }

  private ConnectionHandler guestSide(
      Connection connection, ClientHello.Offer offer, Consumer<PairingChannel> welcome) {
    if (guestsInside.size() >= MAX_GUESTS) {
      return turnAway(connection, "TOO_MANY_GUESTS");
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
    TlsConnection tls =
        new TlsConnection(
            connection, identities.host(offer.suite(), offer.cipher()), handshakes, channel);
    channel.attach(tls);
    halfOpen.remove(connection);
    watch(channel, connection.remote(), channel::close);
    tls.begin();
    return tls;
  }

  private ConnectionHandler linkSide(Connection connection, ClientHello.Offer offer) {
    Handshaker handshaker = Handshaker.accepting(identities, links, this);
    TlsConnection tls =
        new TlsConnection(
            connection, identities.server(offer.suite(), offer.cipher()), handshakes, handshaker);
    handshaker.attach(tls);
    halfOpen.remove(connection);
    watch(handshaker, connection.remote(), handshaker::abort);
    tls.begin();
    return tls;
  }

  private void watch(Object key, String remote, Runnable abort) {
    halfOpen.put(key, new HalfOpen(AddressLimit.key(remote), clock.monotonicMillis(), abort));
  }

  private void refused(String remote, String reason) {
    limit.refused(remote);
    refusals.count(remote, reason);
  }

  @Override
  public void refused(String remote, Throwable reason) {
    RefusedPeerException peer = RefusedPeerException.in(reason);
    if (peer != null) {
      limit.refused(remote);
      refusals.device(remote, peer);
      return;
    }
    LOG.info("COT-0409 a handshake failed: {}", reason == null ? "left" : reason.getMessage());
    refused(remote, reason == null ? "LEFT_EARLY" : "HANDSHAKE_FAILED");
  }

  @Override
  public void handshakeOver(Handshaker handshaker) {
    halfOpen.remove(handshaker);
  }

  /** Once a second: ends what took too long. */
  void tick() {
    long now = clock.monotonicMillis();
    halfOpen.forEach(
        (key, half) -> {
          if (key instanceof Handshaker h && h.done()) {
            halfOpen.remove(key);
          } else if (now - half.sinceMillis() > HANDSHAKE_MILLIS) {
            halfOpen.remove(key);
            half.abort().run();
          }
        });
  }

  /** Lets nobody in any more, and ends what is under way. */
  void close() {
    closed = true;
    halfOpen.values().forEach(half -> half.abort().run());
    guestsInside.forEach(PairingConnection::close);
  }
}
