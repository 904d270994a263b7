package io.coterie.mesh.internal;

import io.coterie.base.device.DeviceHome;
import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.hot.HotRef;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.Entropy;
import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.base.seam.SystemThreads;
import io.coterie.base.seam.Threads;
import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.LinkStatus;
import io.coterie.mesh.api.LocalIdentity;
import io.coterie.mesh.api.MeshService;
import io.coterie.mesh.api.PairingChannel;
import io.coterie.mesh.api.PairingDoor;
import io.coterie.mesh.api.Peer;
import io.coterie.mesh.api.PeerListener;
import io.coterie.mesh.api.Peers;
import io.coterie.mesh.api.Roster;
import io.coterie.mesh.api.RosterDoor;
import io.coterie.mesh.api.RpcHandler;
import io.coterie.mesh.api.Stream;
import io.coterie.mesh.api.StreamClass;
import io.coterie.mesh.api.StreamHandler;
import io.coterie.mesh.internal.mux.Link;
import io.coterie.mesh.internal.tls.Handshakes;
import io.coterie.mesh.internal.tls.MeshCrypto;
import io.coterie.mesh.internal.tls.PeerVerifier;
import io.coterie.ops.api.Audit;
import io.coterie.transport.api.Address;
import io.coterie.transport.api.Transport;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.osgi.framework.Bundle;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Secure links over the installed transports, and what is offered on them. */
@Component(service = {MeshService.class, PeerListener.class})
public final class LinkService implements MeshService, PeerListener {
  private static final Logger LOG = LoggerFactory.getLogger(LinkService.class);

  /** An RPC service that answers with the request, for {@code coterie peer ping}. */
  public static final String PING = "ping";

  private static final long TICK_MILLIS = 1_000;
  private static final long WAIT_MILLIS = 10_000;
  private static final long DRAIN_MILLIS = 5_000;
  private static final int HANDSHAKE_THREADS = 2;
  private static final int HANDSHAKE_QUEUE = 64;

  private final LocalIdentity identity;
  private final Peers peers;
  private final HotRef<Transport> tcp = new HotRef<>("TCP transport", WAIT_MILLIS);
  private final Map<ServiceReference<?>, StreamHandler> lazyHandlers = new ConcurrentHashMap<>();
  private final Services services = new Services();
  private final AtomicReference<PairingDoor> pairingDoor = new AtomicReference<>();
  private final AtomicReference<ServiceReference<RosterDoor>> rosterDoor = new AtomicReference<>();
  private final Gate gate;
  private final LinkRenewal renewal;
  private final LinkTable links;
  private final Refusals refusals;
  private final Reception reception;
  private final Dialler dialler;
  private final ExecutorService handshakeThreads;
  private final Doors doors;
  private final Thread ticker;

  @Activate
  public LinkService(
      @Reference LocalIdentity identity,
      @Reference Peers peers,
      @Reference Roster roster,
      @Reference MeshCrypto crypto,
      @Reference Audit audit) {
    this(
        DeviceHome.ofThisProcess(),
        identity,
        peers,
        roster,
        crypto,
        audit,
        new SystemEntropy(),
        new SystemThreads(),
        new SystemClock(),
        LinkRenewal.LIFETIME_MILLIS,
        true);
  }

  LinkService(
      DeviceHome home,
      LocalIdentity identity,
      Peers peers,
      Roster roster,
      MeshCrypto crypto,
      Audit audit,
      Entropy entropy,
      Threads threads,
      Clock clock,
      long renewMillis,
      boolean tokensRequired) {
    this.identity = identity;
    identity.id(); // made now if there is none yet, not by whoever asks first
    this.peers = peers;
    PeerVerifier verifier = new PeerVerifier(crypto, peers::find, clock);
    Handshakes handshakes = new Handshakes(identity, verifier, crypto, entropy, clock);
    this.gate = new Gate(identity::id, roster, pairingDoor::get, clock, tokensRequired);
    LinkResumption resumption = new LinkResumption(this::resume, threads, clock);
    this.links =
        new LinkTable(
            handshakes::trusted, clock, stream -> serve(threads, stream), resumption::broke);
    this.handshakeThreads = threads.pool("handshake", HANDSHAKE_THREADS, HANDSHAKE_QUEUE);
    this.refusals = new Refusals(audit, clock);
    this.reception =
        new Reception(handshakes, handshakeThreads, gate, guests(threads), links, refusals, clock);
    this.dialler =
        new Dialler(handshakes, handshakeThreads, gate, roster, links, tcp, entropy, clock);
    this.renewal = new LinkRenewal(mover(), threads, clock, renewMillis);
    this.doors = new Doors(home, tcp, reception::incoming);
    offer(PING, Services.adapt((peer, request) -> request));
    this.ticker = threads.start("mesh-ticker", this::tick);
  }

  @Reference(
      target = "(" + Transport.ID + "=tcp)",
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindTransport(Transport transport) {
    tcp.bind(transport);
    doors.reopen();
  }

  void unbindTransport(Transport transport) {
    doors.close();
    if (!tcp.unbind(transport, DRAIN_MILLIS)) {
      LOG.warn("COT-0405 the transport left while it was in use");
    }
    doors.reopen();
  }

  @Reference(
      service = StreamHandler.class,
      cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC)
  void bindStreamHandler(ServiceReference<StreamHandler> reference) {
    // The service is fetched when a stream asks for it: a handler may itself need the mesh.
    StreamHandler lazy =
        stream -> reference.getBundle().getBundleContext().getService(reference).handle(stream);
    lazyHandlers.put(reference, lazy);
    offer(name(reference), lazy);
  }

  void unbindStreamHandler(ServiceReference<StreamHandler> reference) {
    services.unbind(name(reference), lazyHandlers.remove(reference));
  }

  @Reference(
      service = RpcHandler.class,
      cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC)
  void bindRpcHandler(ServiceReference<RpcHandler> reference) {
    RpcHandler lazy =
        (peer, request) ->
            reference.getBundle().getBundleContext().getService(reference).answer(peer, request);
    StreamHandler stream = Services.adapt(lazy);
    lazyHandlers.put(reference, stream);
    offer(name(reference), stream);
  }

  void unbindRpcHandler(ServiceReference<RpcHandler> reference) {
    services.unbind(name(reference), lazyHandlers.remove(reference));
  }

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindPairingDoor(PairingDoor door) {
    pairingDoor.set(door);
  }

  void unbindPairingDoor(PairingDoor door) {
    pairingDoor.compareAndSet(door, null);
  }

  @Reference(
      service = RosterDoor.class,
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindRosterDoor(ServiceReference<RosterDoor> reference) {
    rosterDoor.set(reference); // fetched when somebody asks: it needs the mesh itself
  }

  void unbindRosterDoor(ServiceReference<RosterDoor> reference) {
    rosterDoor.compareAndSet(reference, null);
  }

  private void resume(Link link, long timeoutMillis) throws IOException {
    Peer peer = peers.find(link.peer()).orElseThrow(() -> new IOException("the peer is gone"));
    dialler.resume(link, peer, timeoutMillis);
  }

  LinkRenewal.Mover mover() {
    return new LinkRenewal.Mover() {
      @Override
      public void move(String linkId, Suite suite, long generation, long timeoutMillis)
          throws IOException {
        Link live = links.byId(linkId);
        if (live != null) {
          Peer peer =
              peers.find(live.peer()).orElseThrow(() -> new IOException("the peer is gone"));
          dialler.move(live, peer, suite, generation, timeoutMillis);
        }
      }

      @Override
      public void end(String linkId, String why) {
        Link live = links.byId(linkId);
        if (live != null) {
          live.end(new IOException(why));
        }
      }
    };
  }

  private Reception.Guests guests(Threads threads) {
    return new Reception.Guests() {
      @Override
      public void paired(byte[] inviteId, PairingChannel channel) {
        PairingDoor door = pairingDoor.get();
        welcome("pairing", channel, door == null ? null : c -> door.opened(inviteId, c));
      }

      @Override
      public void asked(PairingChannel channel) {
        ServiceReference<RosterDoor> reference = rosterDoor.get();
        Bundle bundle = reference == null ? null : reference.getBundle();
        RosterDoor door = bundle == null ? null : bundle.getBundleContext().getService(reference);
        welcome("roster-door", channel, door == null ? null : door::asked);
      }

      private void welcome(String name, PairingChannel channel, Consumer<PairingChannel> host) {
        if (host == null) {
          channel.close();
          return;
        }
        threads.start(
            name,
            () -> {
              try (channel) {
                host.accept(channel);
              }
            });
      }
    };
  }

  /** Offers a service to peers. */
  void offer(String name, StreamHandler handler) {
    services.bind(name, handler);
  }

  private static String name(ServiceReference<?> reference) {
    return String.valueOf(reference.getProperty(StreamHandler.SERVICE));
  }

  private void serve(Threads threads, Stream stream) {
    threads.start("stream-" + stream.service(), () -> services.serve(stream));
  }

  /** True when no link is moving to another connection. */
  boolean settled() {
    return links.settled();
  }

  private void tick() {
    try {
      while (true) {
        Thread.sleep(TICK_MILLIS);
        try {
          reception.tick();
          links.tick();
          renewal.look(identity.id(), links.list(), gate.atLeast(Suite.STANDARD));
        } catch (RuntimeException e) {
          LOG.error("COT-0412 the upkeep of links failed and goes on", e);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public DeviceId self() {
    return identity.id();
  }

  @Override
  public String listenAddress() {
    return doors.address();
  }

  @Override
  public String listen(String address) throws IOException {
    return doors.open(Address.parse(address)).toString();
  }

  @Override
  public List<LinkStatus> links() {
    return links.list();
  }

  @Override
  public Map<String, Long> refusals() {
    return refusals.counts();
  }

  @Override
  public Stream open(DeviceId peer, String service, StreamClass streamClass, long timeoutMillis)
      throws IOException {
    Link link = link(peer, Suite.STANDARD, timeoutMillis);
    return link.open(service, streamClass, timeoutMillis);
  }

  private Link link(DeviceId id, Suite suite, long timeoutMillis) throws IOException {
    Link live = links.live(id);
    if (live != null && !live.broken()) {
      return live;
    }
    Peer peer =
        peers
            .find(id)
            .orElseThrow(
                () ->
                    CoterieException.of(
                        "COT-0406",
                        ExitCode.REFUSED,
                        "device " + id.shortForm() + " is not trusted here",
                        "coterie roster show"));
    return dialler.dial(peer, suite, timeoutMillis);
  }

  @Override
  public byte[] call(DeviceId peer, String service, byte[] request, long timeoutMillis)
      throws IOException {
    try (Stream stream = open(peer, service, StreamClass.RPC, timeoutMillis)) {
      RpcCodec.send(stream, request, timeoutMillis);
      return RpcCodec.result(RpcCodec.receive(stream, timeoutMillis));
    }
  }

  @Override
  public LinkStatus changeSuite(DeviceId id, Suite suite, long timeoutMillis) throws IOException {
    Link live = links.live(id);
    if (live == null) {
      return link(id, suite, timeoutMillis).status();
    }
    if (live.suite() == suite) {
      return live.status();
    }
    Peer peer = peers.find(id).orElseThrow(() -> new IOException("the peer is gone"));
    return dialler.move(live, peer, suite, -1, timeoutMillis);
  }

  @Override
  public PairingChannel pair(String address, byte[] inviteId, byte[] secret, long timeoutMillis)
      throws IOException {
    return dialler.pair(Address.parse(address), inviteId, secret, timeoutMillis);
  }

  @Override
  public PairingChannel askForRoster(DeviceId id, long timeoutMillis) throws IOException {
    Peer peer = peers.find(id).orElseThrow(() -> new IOException("the peer is gone"));
    return dialler.askForRoster(peer, timeoutMillis);
  }

  @Override
  public void removed(DeviceId id) {
    links.cut(id, "the device is no longer trusted");
  }

  /** Closes the door and ends every link. */
  @Deactivate
  void close() {
    ticker.interrupt();
    doors.close();
    reception.close();
    links.close();
    handshakeThreads.shutdownNow();
  }
}
