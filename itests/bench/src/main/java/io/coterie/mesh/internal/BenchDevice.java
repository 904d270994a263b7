package io.coterie.mesh.internal;

import io.coterie.base.device.DeviceHome;
import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.base.seam.SystemThreads;
import io.coterie.crypto.aead.internal.AeadProviders;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.mldsa.internal.MlDsa65Signer;
import io.coterie.crypto.mldsa.internal.X509DeviceCertificates;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.Peer;
import io.coterie.mesh.api.Peers;
import io.coterie.transport.api.Transport;
import io.coterie.transport.tcp.internal.TcpTransport;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The production mesh outside the container, with one trusted peer. */
final class BenchDevice {
  final Transport tcp = new TcpTransport();
  final LinkService mesh;

  BenchDevice(BenchIdentity identity, Peer peer, Path home) throws Exception {
    mesh =
        new LinkService(
            new DeviceHome(identity.name(), home),
            identity,
            new OnePeer(peer),
            new X509DeviceCertificates(new MlDsa65Signer()),
            AeadProviders.usual(Aead.AES_256_GCM),
            AeadProviders.usual(Aead.CHACHA20_POLY1305),
            new SystemEntropy(),
            new SystemThreads(),
            new SystemClock());
    mesh.bindTransport(tcp);
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

    @Override
    public Peer add(String name, byte[] certificate, List<String> addresses) {
      throw new IllegalStateException("the bench has one peer");
    }

    @Override
    public void remove(String name) {
      throw new IllegalStateException("the bench has one peer");
    }
  }
}
