package io.coterie.identity.internal;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.device.DeviceHome;
import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.file.SafeFiles;
import io.coterie.base.name.Names;
import io.coterie.mesh.api.DeviceCard;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.LocalIdentity;
import io.coterie.mesh.api.Peer;
import io.coterie.mesh.api.PeerListener;
import io.coterie.mesh.api.Peers;
import io.coterie.transport.api.Address;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Trusted peers, one file each under {@code peers/}. Format: docs/formats/peer.md. */
@Component(service = Peers.class)
public final class PeerFiles implements Peers {
  private static final Logger LOG = LoggerFactory.getLogger(PeerFiles.class);
  private static final int VERSION = 2;
  private static final int MAX_PEERS = 64;
  private static final int MAX_ADDRESSES = 8;
  private static final int MAX_FILE_BYTES = 32 * 1024;
  private static final int MAX_TEXT_BYTES = 300;

  private final Signing signing;
  private final LocalIdentity identity;
  private final Path directory;
  private final Map<String, Peer> peers = new ConcurrentHashMap<>();
  private final List<PeerListener> listeners = new CopyOnWriteArrayList<>();

  @Activate
  public PeerFiles(@Reference Signing signing, @Reference LocalIdentity identity)
      throws IOException {
    this(DeviceHome.ofThisProcess(), signing, identity);
  }

  PeerFiles(DeviceHome home, Signing signing, LocalIdentity identity) throws IOException {
    this.signing = signing;
    this.identity = identity;
    this.directory = home.directory("peers");
    load();
  }

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void bindListener(PeerListener listener) {
    listeners.add(listener);
  }

  void unbindListener(PeerListener listener) {
    listeners.remove(listener);
  }

  private void load() throws IOException {
    List<Path> files;
    try (Stream<Path> found = Files.list(directory)) {
      files = found.filter(f -> f.toString().endsWith(".peer")).sorted().toList();
    }
    for (Path file : files) {
      try {
        Peer peer = decode(SafeFiles.readBounded(file, MAX_FILE_BYTES));
        peers.put(peer.name(), peer);
      } catch (IOException e) {
        LOG.error("COT-0303 the peer file {} is damaged and ignored: {}", file, e.getMessage());
      }
    }
  }

  @Override
  public List<Peer> list() {
    List<Peer> all = new ArrayList<>(peers.values());
    all.sort(Comparator.comparing(Peer::name));
    return all;
  }

  @Override
  public Optional<Peer> find(DeviceId id) {
    return peers.values().stream().filter(p -> p.id().equals(id)).findFirst();
  }

  @Override
  public Peer named(String name) {
    Peer peer = peers.get(name);
    if (peer == null) {
      throw CoterieException.of(
          "COT-0302",
          ExitCode.NOT_FOUND,
          "there is no peer named '" + name + "'",
          "coterie peer list");
    }
    return peer;
  }

  @Override
  public synchronized Peer add(String name, DeviceCard card, List<String> addresses) {
    Names.check("peer", name);
    check(card);
    DeviceId id = DeviceId.of(card.keys());
    if (id.equals(identity.id())) {
      throw CoterieException.of(
          "COT-0305", ExitCode.USAGE, "this is the device's own card", "peer add on the other");
    }
    Peer namesake = peers.get(name);
    Optional<Peer> known = find(id);
    if (namesake != null && !namesake.id().equals(id)) {
      throw CoterieException.of(
          "COT-0306",
          ExitCode.REFUSED,
          "'" + name + "' is already the name of device " + namesake.id().shortForm(),
          "coterie peer rm " + name);
    }
    if (known.isPresent() && !known.get().name().equals(name)) {
      throw CoterieException.of(
          "COT-0306",
          ExitCode.REFUSED,
          "this device is already trusted as '" + known.get().name() + "'",
          "coterie peer rm " + known.get().name());
    }
    boolean full = namesake == null && peers.size() >= MAX_PEERS;
    if (full || addresses.size() > MAX_ADDRESSES) {
      throw CoterieException.of(
          "COT-0307",
          ExitCode.REFUSED,
          "a device has at most " + MAX_PEERS + " peers with " + MAX_ADDRESSES + " addresses each",
          "coterie peer list");
    }
    List<String> forms = addresses.stream().map(a -> Address.parse(a).toString()).toList();
    Peer peer = new Peer(id, name, forms, card.keys());
    try {
      SafeFiles.replace(directory.resolve(name + ".peer"), encode(peer, card));
    } catch (IOException e) {
      throw storageFailed(e);
    }
    peers.put(name, peer);
    return peer;
  }

  @Override
  public synchronized void remove(String name) {
    Peer peer = named(name);
    try {
      Files.deleteIfExists(directory.resolve(name + ".peer"));
      SafeFiles.forceDirectory(directory);
    } catch (IOException e) {
      throw storageFailed(e);
    }
    peers.remove(name);
    listeners.forEach(listener -> listener.removed(peer.id()));
  }

  private static CoterieException storageFailed(IOException e) {
    return CoterieException.of(
        "COT-0308",
        ExitCode.FAILED,
        "the change could not be stored: " + e.getMessage(),
        "coterie status",
        e);
  }

  private void check(DeviceCard card) {
    if (!sound(card)) {
      throw CoterieException.of(
          "COT-0304",
          ExitCode.USAGE,
          "the card is not signed by its own keys",
          "coterie identity card (on the other device)");
    }
  }

  private boolean sound(DeviceCard card) {
    return card.keys().generation() == 1
        && signing.verifyHybrid(
            card.keys(), DeviceCard.PURPOSE, card.statement(), card.signature());
  }

  private static byte[] encode(Peer peer, DeviceCard card) {
    ByteWriter out = new ByteWriter().u8(VERSION).text(peer.name()).bytes(card.encode());
    out.u8(peer.addresses().size());
    peer.addresses().forEach(out::text);
    return out.toByteArray();
  }

  private Peer decode(byte[] bytes) throws MalformedInputException {
    ByteReader in = new ByteReader(bytes);
    int version = in.u8();
    if (version != VERSION) {
      throw new MalformedInputException("format version " + version + " is unknown");
    }
    String name = in.text(MAX_TEXT_BYTES);
    DeviceCard card = DeviceCard.decode(in.bytes(DeviceCard.MAX_BYTES));
    int count = in.u8();
    if (!sound(card)) {
      throw new MalformedInputException("the card is not signed by its own keys");
    }
    if (!Names.valid(name) || count > MAX_ADDRESSES) {
      throw new MalformedInputException("a name or a number of addresses that is not allowed");
    }
    List<String> addresses = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      addresses.add(in.text(MAX_TEXT_BYTES));
    }
    in.end();
    return new Peer(DeviceId.of(card.keys()), name, addresses, card.keys());
  }
}
