package io.coterie.mesh.internal;

import io.coterie.base.device.DeviceHome;
import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.base.seam.SystemThreads;
import io.coterie.crypto.aead.internal.AeadProviders;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.DeviceCertificate;
import io.coterie.crypto.api.SignatureKeyPair;
import io.coterie.crypto.mldsa.internal.MlDsa65Signer;
import io.coterie.crypto.mldsa.internal.X509DeviceCertificates;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.LocalIdentity;
import io.coterie.mesh.api.Peer;
import io.coterie.mesh.api.Peers;
import io.coterie.mesh.api.RpcHandler;
import io.coterie.mesh.api.StreamHandler;
import io.coterie.transport.tcp.internal.TcpTransport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A device's mesh with real keys, real TLS and real sockets, without a container. */
final class TestDevice implements AutoCloseable {
  static final X509DeviceCertificates CERTIFICATES =
      new X509DeviceCertificates(new MlDsa65Signer());
  private static final long YEAR_MILLIS = 365L * 24 * 3600 * 1000;

  final SystemEntropy entropy = new SystemEntropy();
  final Identity identity;
  final TrustedPeers peers = new TrustedPeers();
  final LinkService mesh;
  final String address;

  TestDevice(String name, Path home) throws Exception {
    identity = new Identity(name, entropy);
    mesh =
        new LinkService(
            new DeviceHome(name, home),
            identity,
            peers,
            CERTIFICATES,
            AeadProviders.usual(Aead.AES_256_GCM),
            AeadProviders.usual(Aead.CHACHA20_POLY1305),
            entropy,
            new SystemThreads(),
            new SystemClock());
    mesh.bindTransport(new TcpTransport());
    address = mesh.listen("tcp://127.0.0.1:0");
  }

  void trust(TestDevice other, boolean withAddress) throws IOException {
    peers.list.add(
        new Peer(
            other.identity.id(),
            other.identity.name(),
            withAddress ? List.of(other.address) : List.of(),
            other.identity.kemPublicKey()));
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

  /** Keys in memory. */
  static final class Identity implements LocalIdentity {
    private final String name;
    private final SignatureKeyPair keys;
    private final byte[] kemKey;
    private final byte[] certificate;

    Identity(String name, SystemEntropy entropy) throws Exception {
      this.name = name;
      this.keys = new MlDsa65Signer().generate(entropy);
      this.kemKey = entropy.bytes(1600);
      long now = new SystemClock().wallMillis();
      this.certificate =
          CERTIFICATES.issue(keys, kemKey, name, now - YEAR_MILLIS, now + YEAR_MILLIS, entropy);
      DeviceCertificate parsed = CERTIFICATES.parse(certificate);
      if (!DeviceId.of(parsed.signaturePublicKey(), parsed.kemPublicKey()).equals(id())) {
        throw new IllegalStateException("the certificate does not carry the keys");
      }
    }

    @Override
    public DeviceId id() {
      return DeviceId.of(keys.publicKey(), kemKey);
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public byte[] certificate() {
      return certificate.clone();
    }

    @Override
    public byte[] signaturePrivateKey() {
      return keys.privateKey().clone();
    }

    @Override
    public byte[] kemPublicKey() {
      return kemKey.clone();
    }

    @Override
    public byte[] unseal(String purpose, byte[] box) {
      throw new IllegalStateException("links seal nothing");
    }

    @Override
    public byte[] seal(byte[] kemPublicKey, String purpose, byte[] payload) {
      throw new IllegalStateException("links seal nothing");
    }
  }

  /** Trust in memory. */
  static final class TrustedPeers implements Peers {
    final List<Peer> list = new ArrayList<>();

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

    @Override
    public Peer add(String name, byte[] certificate, List<String> addresses) {
      throw new IllegalStateException("tests add peers directly");
    }

    @Override
    public void remove(String name) {
      list.remove(named(name));
    }
  }
}
