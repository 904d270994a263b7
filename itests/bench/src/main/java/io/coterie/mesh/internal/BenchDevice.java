package io.coterie.mesh.internal;

import io.coterie.base.device.DeviceHome;
import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.base.seam.SystemThreads;
import io.coterie.crypto.aead.internal.AeadProviders;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.Signer;
import io.coterie.crypto.api.Suite;
import io.coterie.crypto.eddsa.internal.Ed25519Signer;
import io.coterie.crypto.mldsa.internal.MlDsa65Signer;
import io.coterie.crypto.mldsa.internal.MlDsa87Signer;
import io.coterie.crypto.mldsa.internal.X509SessionCertificates;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.Peer;
import io.coterie.mesh.api.Peers;
import io.coterie.mesh.api.Role;
import io.coterie.mesh.api.Roster;
import io.coterie.mesh.internal.tls.MeshCrypto;
import io.coterie.testkit.MemoryIdentity;
import io.coterie.transport.api.Transport;
import io.coterie.transport.tcp.internal.TcpTransport;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The production mesh outside the container, with one trusted peer. */
final class BenchDevice {
  final Transport tcp = new TcpTransport();
  final LinkService mesh;

  private static final MemoryIdentity.Algorithms ALGORITHMS =
      new MemoryIdentity.Algorithms(
          List.<Signer>of(new Ed25519Signer(), new MlDsa65Signer(), new MlDsa87Signer()),
          new X509SessionCertificates());

  BenchDevice(MemoryIdentity identity, Peer peer, Path home) throws Exception {
    MeshCrypto crypto = crypto();
    mesh =
        new LinkService(
            new DeviceHome(identity.name(), home),
            identity,
            new OnePeer(peer),
            new OneCoterie(),
            crypto,
            (event, subject, detail) -> {},
            new SystemEntropy(),
            new SystemThreads(),
            new SystemClock(),
            LinkRenewal.LIFETIME_MILLIS,
            true);
    mesh.bindTransport(tcp);
  }

  static MeshCrypto crypto() {
    MeshCrypto crypto = new MeshCrypto();
    crypto.bindAes(AeadProviders.usual(Aead.AES_256_GCM));
    crypto.bindChaCha(AeadProviders.usual(Aead.CHACHA20_POLY1305));
    ALGORITHMS.signers().forEach(crypto::bindSigner);
    crypto.bindCertificates(ALGORITHMS.certificates());
    return crypto;
  }

  /** Both processes make the same identities from the same seeds. */
  static MemoryIdentity identity(String name, long seed) {
    return new MemoryIdentity(name, seed, ALGORITHMS);
  }

  static Peer peer(MemoryIdentity identity, String... addresses) {
    return new Peer(identity.id(), identity.name(), List.of(addresses), identity.keys());
  }

  private record OnePeer(Peer peer) implements Peers {
    @Override
    public List<Peer> list() {
      return List.of(peer);
    }

    @Override
    public Optional<Peer> find(DeviceId id) {
      return peer.id().equals(id) ? Optional.of(peer) : Optional.empty();
    }

    @Override
    public Peer named(String name) {
      return peer;
    }
  }

  /** Both processes are of one coterie. */
  private static final class OneCoterie implements Roster {
    @Override
    public Optional<View> view() {
      return Optional.of(
          new View(
              "bench", 0, "00".repeat(32), Suite.STANDARD, new byte[32], new byte[32], List.of()));
    }

    @Override
    public Set<Role> roles(DeviceId device) {
      return Set.of();
    }
  }
}
