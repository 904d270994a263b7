package io.coterie.mesh.internal;

import io.coterie.base.device.DeviceHome;
import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.base.seam.SystemThreads;
import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.Peer;
import io.coterie.mesh.api.Peers;
import io.coterie.mesh.api.Role;
import io.coterie.mesh.api.Roster;
import io.coterie.mesh.api.RpcHandler;
import io.coterie.mesh.api.StreamHandler;
import io.coterie.mesh.internal.tls.MeshCrypto;
import io.coterie.testkit.MemoryIdentity;
import io.coterie.transport.tcp.internal.TcpTransport;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/** A device's mesh with real keys, real TLS and real sockets, without a container. */
final class TestDevice implements AutoCloseable {
  final SystemEntropy entropy = new SystemEntropy();
  final MemoryIdentity identity;
  final MeshCrypto crypto = TestIdentities.crypto();
  final TrustedPeers peers = new TrustedPeers();
  final OneCoterie coterie = new OneCoterie();
  final List<String> audited = new CopyOnWriteArrayList<>();
  final LinkService mesh;
  final String address;

  TestDevice(String name, Path home) throws Exception {
    this(name, home, true);
  }

  TestDevice(String name, Path home, boolean tokensRequired) throws Exception {
    this(name, home, tokensRequired, LinkRenewal.LIFETIME_MILLIS);
  }

  TestDevice(String name, Path home, boolean tokensRequired, long renewMillis) throws Exception {
    this(TestIdentities.make(name), home, tokensRequired, renewMillis);
  }

  /** The same device again, as after a restart. */
  TestDevice(MemoryIdentity identity, Path home, boolean tokensRequired, long renewMillis)
      throws Exception {
    this.identity = identity;
    mesh =
        new LinkService(
            new DeviceHome(identity.name(), home),
            identity,
            peers,
            coterie,
            crypto,
            (event, subject, detail) -> audited.add(event + " " + detail),
            entropy,
            new SystemThreads(),
            new SystemClock(),
            renewMillis,
            tokensRequired);
    mesh.bindTransport(new TcpTransport());
    address = mesh.listen("tcp://127.0.0.1:0");
  }

  static Peer peer(MemoryIdentity identity, String... addresses) {
    return new Peer(identity.id(), identity.name(), List.of(addresses), identity.keys());
  }

  void trust(TestDevice other, boolean withAddress) {
    peers.list.add(withAddress ? peer(other.identity, other.address) : peer(other.identity));
  }

  void serve(String service, StreamHandler handler) {
    mesh.offer(service, handler);
  }

  void answer(String service, RpcHandler handler) {
    mesh.offer(service, Services.adapt(handler));
  }

  int port() {
    return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
  }

  @Override
  public void close() {
    mesh.close();
  }

  /** All test devices are of one coterie. */
  static final class OneCoterie implements Roster {
    volatile Suite least = Suite.STANDARD;
    volatile byte[] secret = new byte[32];
    volatile byte[] last = new byte[32];

    @Override
    public Optional<View> view() {
      return Optional.of(new View("test", 0, "00".repeat(32), least, secret, last, List.of()));
    }

    @Override
    public Set<Role> roles(DeviceId device) {
      return Set.of();
    }
  }

  /** Trust in memory. */
  static final class TrustedPeers implements Peers {
    final List<Peer> list = new CopyOnWriteArrayList<>();

    @Override
    public List<Peer> list() {
      return list;
    }

    @Override
    public Optional<Peer> find(DeviceId id) {
      return list.stream().filter(p -> p.id().equals(id)).findFirst();
    }

    @Override
    public Peer named(String name) {
      return list.stream().filter(p -> p.name().equals(name)).findFirst().orElseThrow();
    }
  }
}
