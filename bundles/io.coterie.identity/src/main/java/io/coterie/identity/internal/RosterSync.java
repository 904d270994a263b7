package io.coterie.identity.internal;

import io.coterie.base.codec.ByteReader;
import io.coterie.base.codec.ByteWriter;
import io.coterie.base.codec.Hkdf;
import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.error.CoterieException;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemThreads;
import io.coterie.identity.internal.pairing.Reachable;
import io.coterie.identity.internal.roster.Change;
import io.coterie.identity.internal.roster.Entry;
import io.coterie.identity.internal.roster.Hash;
import io.coterie.identity.internal.roster.RosterFile;
import io.coterie.identity.internal.roster.RosterTree;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.LinkStatus;
import io.coterie.mesh.api.MeshService;
import io.coterie.mesh.api.PairingChannel;
import io.coterie.mesh.api.Peer;
import io.coterie.mesh.api.PeerListener;
import io.coterie.mesh.api.Roster;
import io.coterie.mesh.api.RosterDoor;
import io.coterie.mesh.api.RpcHandler;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the rosters of linked devices equal: at once when an entry is new here, soon after a link
 * came up, and by dialling those that were not heard of for long. Format: docs/formats/roster.md.
 */
@Component(
    service = {RosterSync.class, RpcHandler.class, PeerListener.class, RosterDoor.class},
    property = "coterie.stream.service=" + RosterSync.SERVICE,
    immediate = true)
public final class RosterSync implements RpcHandler, PeerListener, RosterDoor {
  static final String SERVICE = "roster";
  private static final Logger LOG = LoggerFactory.getLogger(RosterSync.class);
  private static final int VERSION = 1;
  private static final long LOOK_MILLIS = 1_000;
  private static final long REPEAT_MILLIS = 60_000;
  private static final long CALL_MILLIS = 10_000;
  private static final long GOODBYE_MILLIS = 300;
  private static final long FAILED_MILLIS = 5_000;
  private static final int MAX_QUESTION_BYTES = 64 + RosterTree.MAX_ENTRIES * Hash.BYTES;
  private static final int ENTRIES_BYTES = 900 * 1024;

  private final RosterKeeper keeper;
  private final MeshService mesh;
  private final Clock clock = new SystemClock();
  private final Map<DeviceId, Told> told = new HashMap<>();
  private final Thread thread;
  private boolean changed = true;

  @Activate
  public RosterSync(@Reference RosterKeeper keeper, @Reference MeshService mesh) {
    this.keeper = keeper;
    this.mesh = mesh;
    this.thread = new SystemThreads().start("roster-sync", this::run);
  }

  @Deactivate
  void stop() {
    thread.interrupt();
  }

  /** When a device was last in step with this one, and with what. */
  private record Told(List<Hash> tips, long atMillis) {}

  @Override
  public synchronized void changed() {
    changed = true;
    notifyAll();
  }

  private void run() {
    try {
      while (true) {
        synchronized (this) {
          if (!changed) {
            wait(LOOK_MILLIS);
          }
          changed = false;
        }
        if (keeper.joined()) {
          round();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void round() {
    List<Hash> tips = keeper.look(RosterTree::tips);
    List<DeviceId> linked = mesh.links().stream().map(LinkStatus::peer).distinct().toList();
    List<Peer> peers = new ArrayList<>(keeper.list());
    // Those out of reach cost time: whoever is linked comes first.
    peers.sort(Comparator.comparing(peer -> !linked.contains(peer.id())));
    for (Peer peer : peers) {
      Told last = told.get(peer.id());
      long age = last == null ? Long.MAX_VALUE : clock.monotonicMillis() - last.atMillis();
      boolean reachable = linked.contains(peer.id());
      boolean behind = last == null || !last.tips().equals(tips);
      boolean failed = last != null && last.tips().isEmpty();
      boolean soon = reachable && behind && (!failed || age > FAILED_MILLIS);
      boolean due = soon || age > REPEAT_MILLIS;
      if (due && (reachable || !peer.addresses().isEmpty())) {
        exchange(peer);
      }
    }
  }

  /** Both sides know the same afterwards. A device out of reach is tried again later. */
  private void exchange(Peer peer) {
    long now = clock.monotonicMillis();
    try {
      Reply reply = call(peer.id(), List.of());
      if (!reply.entries().isEmpty()) {
        keeper.take(reply.entries());
      }
      heard(peer.id(), reply.addresses());
      List<Entry> missing = ofHashes(reply.wanted());
      for (List<Entry> part : parts(missing)) {
        call(peer.id(), part);
      }
      told.put(peer.id(), new Told(keeper.look(RosterTree::tips), now));
    } catch (IOException | CoterieException e) {
      LOG.debug("the roster was not exchanged with {}: {}", peer.name(), e.getMessage());
      told.put(peer.id(), new Told(List.of(), now));
      catchUp(peer);
    }
  }

  /**
   * No link comes up: perhaps keys changed while one of the two slept. The asking side proves that
   * it knows a link secret, bound to this connection; the entries prove themselves, both ways.
   */
  private void catchUp(Peer peer) {
    byte[] secret = keeper.view().map(Roster.View::linkSecret).orElse(null);
    if (secret == null) {
      return;
    }
    try (PairingChannel channel = mesh.askForRoster(peer.id(), CALL_MILLIS)) {
      ByteWriter out = new ByteWriter().u8(VERSION).raw(proof(secret, channel.exporter()));
      write(out, new ArrayList<>(keeper.look(RosterTree::hashes)));
      channel.send(out.toByteArray());
      ByteReader in =
          new ByteReader(channel.receive(PairingChannel.MAX_MESSAGE_BYTES, CALL_MILLIS));
      List<Hash> wanted = read(in);
      List<Entry> entries = RosterFile.decode(in.bytes(PairingChannel.MAX_MESSAGE_BYTES));
      in.end();
      channel.send(RosterFile.encode(ofHashes(wanted)));
      int taken = keeper.take(entries);
      channel.receive(1, CALL_MILLIS); // the other side has taken what it wanted
      if (taken > 0 || !wanted.isEmpty()) {
        LOG.info("caught up with {}: {} entries here", peer.name(), taken);
        told.clear();
      }
    } catch (IOException | CoterieException e) {
      LOG.debug("{} was not asked for its roster: {}", peer.name(), e.getMessage());
    }
  }

  private static byte[] proof(byte[] secret, byte[] exporter) {
    return Hkdf.hmac(
        secret, new ByteWriter().text("coterie-roster-ask-v1").raw(exporter).toByteArray());
  }

  private boolean proven(byte[] proof, byte[] exporter) {
    Roster.View view = keeper.view().orElse(null);
    if (view == null) {
      return false;
    }
    List<byte[]> secrets = new ArrayList<>(view.oldLinkSecrets());
    secrets.add(view.linkSecret());
    secrets.add(view.lastLinkSecret());
    return secrets.stream().anyMatch(s -> MessageDigest.isEqual(proof, proof(s, exporter)));
  }

  private List<Entry> ofHashes(List<Hash> list) {
    Set<Hash> wanted = new HashSet<>(list);
    return keeper.look(
        tree -> tree.entries().stream().filter(e -> wanted.contains(e.hash())).toList());
  }

  /** What of theirs is missing here. */
  private List<Hash> missingHere(List<Hash> theirs) {
    Set<Hash> here = keeper.look(RosterTree::hashes);
    return theirs.stream().filter(hash -> !here.contains(hash)).toList();
  }

  private List<Entry> missingThere(List<Hash> theirs) {
    Set<Hash> there = new HashSet<>(theirs);
    return keeper.look(tree -> tree.without(there));
  }

  /**
   * Tells an entry to others before it counts here: afterwards they would not listen any more.
   *
   * @return how many have it
   */
  int announce(Entry entry) {
    List<DeviceId> linked = mesh.links().stream().map(LinkStatus::peer).distinct().toList();
    int have = 0;
    for (Peer peer : keeper.list()) {
      boolean worthIt = linked.contains(peer.id()) || (have == 0 && !peer.addresses().isEmpty());
      if (worthIt) {
        try {
          Reply reply = call(peer.id(), List.of(entry));
          // It is not known here, so whoever took it offers it.
          boolean taken = reply.entries().stream().anyMatch(e -> e.hash().equals(entry.hash()));
          have += taken ? 1 : 0;
        } catch (IOException | CoterieException e) {
          LOG.info("{} was not told: {}", peer.name(), e.getMessage());
        }
      }
    }
    return have;
  }

  @Override
  public void asked(PairingChannel channel) {
    try (channel) {
      ByteReader in = new ByteReader(channel.receive(MAX_QUESTION_BYTES, CALL_MILLIS));
      int version = in.u8();
      if (version != VERSION || !proven(in.raw(Hash.BYTES), channel.exporter())) {
        throw new MalformedInputException("whoever asks for the roster is no member");
      }
      List<Hash> theirs = read(in);
      in.end();
      ByteWriter out = new ByteWriter();
      write(out, missingHere(theirs));
      out.bytes(RosterFile.encode(missingThere(theirs)));
      channel.send(out.toByteArray());
      keeper.take(
          RosterFile.decode(channel.receive(PairingChannel.MAX_MESSAGE_BYTES, CALL_MILLIS)));
      channel.send(new byte[] {1});
      channel.receive(0, CALL_MILLIS); // until the other side leaves
    } catch (IOException | CoterieException e) {
      LOG.debug("whoever asked for the roster left: {}", e.getMessage());
    }
  }

  /** Parts that fit a request, parents first. */
  private static List<List<Entry>> parts(List<Entry> entries) {
    List<List<Entry>> parts = new ArrayList<>();
    List<Entry> part = new ArrayList<>();
    int bytes = 0;
    for (Entry entry : entries) {
      int length = RosterFile.encode(List.of(entry)).length;
      if (bytes + length > ENTRIES_BYTES) {
        parts.add(part);
        part = new ArrayList<>();
        bytes = 0;
      }
      part.add(entry);
      bytes += length;
    }
    if (!part.isEmpty()) {
      parts.add(part);
    }
    return parts;
  }

  /**
   * What a device answers.
   *
   * @param entries that the caller lacks, as many as fit
   * @param wanted that the answering device lacks
   */
  private record Reply(
      List<Entry> entries, List<Hash> wanted, Map<DeviceId, List<String>> addresses) {}

  private Reply call(DeviceId peer, List<Entry> entries) throws IOException {
    List<Hash> known = new ArrayList<>(keeper.look(RosterTree::hashes));
    ByteWriter out = new ByteWriter().u8(VERSION);
    writeAddresses(out);
    write(out, known);
    out.bytes(RosterFile.encode(entries));
    ByteReader in = new ByteReader(mesh.call(peer, SERVICE, out.toByteArray(), CALL_MILLIS));
    Map<DeviceId, List<String>> addresses = readAddresses(in);
    List<Hash> wanted = read(in);
    List<Entry> sent = RosterFile.decode(in.bytes(MAX_MESSAGE_BYTES));
    in.end();
    return new Reply(sent, wanted, addresses);
  }

  /** Where this device listens, and where it knows others. */
  private void writeAddresses(ByteWriter out) {
    Map<DeviceId, List<String>> book = new LinkedHashMap<>();
    book.put(mesh.self(), Reachable.addresses(mesh.listenAddress()));
    keeper.list().forEach(peer -> book.put(peer.id(), peer.addresses()));
    out.u8(book.size());
    book.forEach(
        (id, list) -> {
          out.raw(id.toByteArray());
          AddressBook.writeList(out, list);
        });
  }

  private static Map<DeviceId, List<String>> readAddresses(ByteReader in)
      throws MalformedInputException {
    Map<DeviceId, List<String>> book = new LinkedHashMap<>();
    for (int i = in.u8(); i > 0; i--) {
      book.put(DeviceId.of(in.raw(DeviceId.LENGTH_BYTES)), AddressBook.readList(in));
    }
    return book;
  }

  /** A device knows best where it is itself; about others its word only fills a gap. */
  private void heard(DeviceId from, Map<DeviceId, List<String>> book) {
    book.forEach(
        (id, list) -> {
          boolean gap = keeper.find(id).map(p -> p.addresses().isEmpty()).orElse(false);
          if (id.equals(from) || gap) {
            keeper.heardOf(id, list);
          }
        });
  }

  @Override
  public byte[] answer(DeviceId peer, byte[] request) throws IOException {
    ByteReader in = new ByteReader(request);
    int version = in.u8();
    if (version != VERSION) {
      throw new MalformedInputException("roster exchange version " + version + " is unknown");
    }
    Map<DeviceId, List<String>> book = readAddresses(in);
    List<Hash> theirs = read(in);
    List<Entry> sent = RosterFile.decode(in.bytes(MAX_MESSAGE_BYTES));
    in.end();
    if (leaves(peer, sent)) {
      sayGoodbye(keeper.takeQuietly(sent));
    } else if (!sent.isEmpty()) {
      keeper.take(sent);
    }
    heard(peer, book);
    ByteWriter out = new ByteWriter();
    writeAddresses(out);
    write(out, missingHere(theirs));
    List<List<Entry>> missing = parts(missingThere(theirs));
    out.bytes(RosterFile.encode(missing.isEmpty() ? List.of() : missing.get(0)));
    return out.toByteArray();
  }

  private static boolean leaves(DeviceId peer, List<Entry> sent) {
    return sent.stream()
        .anyMatch(e -> e.change() instanceof Change.Revoke r && r.device().equals(peer));
  }

  /** Who leaves hears that it was heard, before its links are cut. */
  private static void sayGoodbye(RosterKeeper.Taken taken) {
    new SystemThreads()
        .start(
            "roster-goodbye",
            () -> {
              try {
                Thread.sleep(GOODBYE_MILLIS);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              taken.tell().run();
            });
  }

  private static void write(ByteWriter out, List<Hash> hashes) {
    out.u32(hashes.size());
    hashes.forEach(h -> out.raw(h.toByteArray()));
  }

  private static List<Hash> read(ByteReader in) throws MalformedInputException {
    long count = in.u32();
    if (count > RosterTree.MAX_ENTRIES) {
      throw new MalformedInputException(count + " hashes");
    }
    List<Hash> hashes = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      hashes.add(new Hash(in.raw(Hash.BYTES)));
    }
    return hashes;
  }
}
