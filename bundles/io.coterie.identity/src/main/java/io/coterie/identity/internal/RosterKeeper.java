package io.coterie.identity.internal;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.base.device.DeviceHome;
import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.SystemClock;
import io.coterie.crypto.api.CryptoException;
import io.coterie.identity.internal.roster.Change;
import io.coterie.identity.internal.roster.Entry;
import io.coterie.identity.internal.roster.EntryCodec;
import io.coterie.identity.internal.roster.EntrySignature;
import io.coterie.identity.internal.roster.Hash;
import io.coterie.identity.internal.roster.InvalidEntryException;
import io.coterie.identity.internal.roster.Member;
import io.coterie.identity.internal.roster.RosterState;
import io.coterie.identity.internal.roster.RosterTree;
import io.coterie.identity.internal.roster.Verifier;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.LocalIdentity;
import io.coterie.mesh.api.Peer;
import io.coterie.mesh.api.PeerListener;
import io.coterie.mesh.api.Peers;
import io.coterie.mesh.api.Role;
import io.coterie.mesh.api.Roster;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The roster of this device on disk, and who is trusted by it. Thread-safe. */
@Component(service = {RosterKeeper.class, Roster.class, Peers.class})
public final class RosterKeeper implements Roster, Peers {
  private static final Logger LOG = LoggerFactory.getLogger(RosterKeeper.class);

  private final LocalIdentity identity;
  private final Signing signing;
  private final Clock clock;
  private final RosterStore store;
  private final AddressBook addresses;
  private final RosterListeners listeners = new RosterListeners();
  private RosterTree tree;
  private String damage;
  private volatile Map<DeviceId, Peer> peers = Map.of();
  private volatile View view;

  @Activate
  public RosterKeeper(@Reference LocalIdentity identity, @Reference Signing signing) {
    this(DeviceHome.ofThisProcess(), identity, signing, new SystemClock());
  }

  public RosterKeeper(DeviceHome home, LocalIdentity identity, Signing signing, Clock clock) {
    this.identity = identity;
    this.signing = signing;
    this.clock = clock;
    this.store = new RosterStore(home.root());
    this.addresses = new AddressBook(home.root().resolve("addresses"));
    this.tree = emptyTree();
    load();
  }

  @Reference(
      service = PeerListener.class,
      cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC)
  void bindListener(ServiceReference<PeerListener> reference) {
    listeners.add(reference);
  }

  void unbindListener(ServiceReference<PeerListener> reference) {
    listeners.remove(reference);
  }

  private RosterTree emptyTree() {
    return new RosterTree(new Verifier(signing::verifyHybrid));
  }

  private void load() {
    try {
      for (Entry entry : store.load()) {
        tree.add(entry);
      }
    } catch (IOException | InvalidEntryException e) {
      // Nobody is trusted then. The file stays; whoever has a copy can bring it back.
      tree = emptyTree();
      damage = e.getMessage();
      LOG.error("COT-0335 the roster {} is damaged: {}", store, damage);
    }
    refresh();
  }

  /** Why the roster on disk cannot be read, or null. */
  public synchronized String damage() {
    return damage;
  }

  // ---- what it says

  /** Whether this device belongs to a coterie. */
  public synchronized boolean joined() {
    return !tree.isEmpty();
  }

  /** The state that counts. */
  public synchronized RosterState state() {
    requireJoined();
    return tree.state();
  }

  /** The tree is only looked at in here. */
  public interface Look<R> {
    R at(RosterTree tree);
  }

  public synchronized <R> R look(Look<R> look) {
    return look.at(tree);
  }

  private void requireSound() {
    if (damage != null) {
      throw CoterieException.of(
          "COT-0335",
          ExitCode.FAILED,
          "the roster of this device is damaged: " + damage,
          "coterie roster export FILE on another device, then coterie roster import FILE here");
    }
  }

  /** Refuses when this device belongs to a coterie, or its roster is damaged. */
  public synchronized void requireFree() {
    requireSound();
    if (!tree.isEmpty()) {
      throw CoterieException.of(
          "COT-0312",
          ExitCode.REFUSED,
          "this device belongs to coterie " + tree.state().genesis().name() + " already",
          "coterie roster show");
    }
  }

  private void requireJoined() {
    requireSound();
    if (tree.isEmpty()) {
      throw CoterieException.of(
          "COT-0310",
          ExitCode.REFUSED,
          "this device belongs to no coterie",
          "coterie init, or coterie join with a token of a device that does");
    }
  }

  @Override
  public Optional<View> view() {
    return Optional.ofNullable(view); // asked for each stranger: no lock, nothing to compute
  }

  private View makeView() {
    RosterState state = tree.state();
    LinkSecrets secrets = LinkSecrets.of(tree);
    return new View(
        state.genesis().name(),
        state.index(),
        state.head().toString(),
        state.suite(),
        secrets.now(),
        secrets.before(),
        secrets.older());
  }

  @Override
  public synchronized Set<Role> roles(DeviceId device) {
    return tree.isEmpty()
        ? Set.of()
        : tree.state().member(device).map(Member::roles).orElse(Set.of());
  }

  @Override
  public List<Peer> list() {
    List<Peer> all = new ArrayList<>(peers.values());
    all.sort(Comparator.comparing(Peer::name));
    return all;
  }

  @Override
  public Optional<Peer> find(DeviceId id) {
    return Optional.ofNullable(peers.get(id));
  }

  @Override
  public Peer named(String name) {
    return peers.values().stream()
        .filter(p -> p.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                CoterieException.of(
                    "COT-0302",
                    ExitCode.NOT_FOUND,
                    "there is no peer named '" + name + "'",
                    "coterie peer list"));
  }

  /** A roster that was given and is not taken over yet. */
  public static final class Trial {
    private final RosterTree tree;

    private Trial(RosterTree tree) {
      this.tree = tree;
    }

    public RosterState state() {
      return tree.state();
    }
  }

  /** Verifies the roster of a coterie that this device wants to join. Changes nothing. */
  public Trial trial(List<Entry> entries) {
    RosterTree fresh = emptyTree();
    try {
      for (Entry entry : entries) {
        fresh.add(entry);
      }
    } catch (InvalidEntryException e) {
      throw CoterieException.of(
          "COT-0322",
          ExitCode.REFUSED,
          "the roster breaks its own rules: " + e.getMessage(),
          "nothing was changed; do not trust whoever sent it",
          e);
    }
    return new Trial(fresh);
  }

  /** Takes it over, when this device belongs to no coterie. */
  public void accept(Trial trial) {
    Map<DeviceId, Peer> before = peers;
    synchronized (this) {
      requireFree();
      tree = trial.tree;
      store();
    }
    told(before);
  }

  /** Remembers where a device says that it listens. */
  public void heardOf(DeviceId id, List<String> where) {
    addresses.put(id, where);
    refresh();
  }

  private synchronized void refresh() {
    Map<DeviceId, Peer> now = new LinkedHashMap<>();
    if (!tree.isEmpty() && tree.state().members().containsKey(identity.id())) {
      for (Member m : tree.state().members().values()) {
        if (!m.id().equals(identity.id())) {
          Peer old = peers.get(m.id());
          // The same keys stay the same object: what was verified with them needs no second look.
          now.put(
              m.id(),
              new Peer(
                  m.id(),
                  m.name(),
                  addresses.of(m.id()),
                  old != null && old.keys().generation() == m.keys().generation()
                      ? old.keys()
                      : m.keys()));
        }
      }
    }
    peers = now;
    view = tree.isEmpty() ? null : makeView();
  }

  // ---- changes

  /** The entry that a change of this device would be, signed by it. */
  public synchronized Entry draft(Change change) {
    requireJoined();
    RosterState state = tree.headState();
    return sign(new Entry(state.index() + 1, state.head(), clock.wallMillis(), change, List.of()));
  }

  public Entry sign(Entry entry) {
    try {
      List<EntrySignature> all = new ArrayList<>(entry.signatures());
      all.add(
          new EntrySignature(
              identity.id(),
              identity.keys().generation(),
              identity.sign(Entry.PURPOSE, entry.body())));
      return entry.withSignatures(all);
    } catch (CryptoException e) {
      throw CoterieException.of(
          "COT-0311", ExitCode.FAILED, "the entry could not be signed", "coterie status", e);
    }
  }

  /** Begins a coterie. */
  public synchronized void begin(Change.Genesis genesis) {
    requireFree();
    append(sign(new Entry(0, Hash.ZERO, clock.wallMillis(), genesis, List.of())));
  }

  /**
   * Adds an entry made here.
   *
   * @return true when it counts, false when it waits for signatures of other admins
   */
  public boolean append(Entry entry) {
    Map<DeviceId, Peer> before = peers;
    boolean counts;
    synchronized (this) {
      try {
        tree.add(EntryCodec.decode(EntryCodec.encode(entry))); // what others will read
      } catch (InvalidEntryException | MalformedInputException e) {
        throw notAllowed(e);
      }
      counts = tree.hashes().contains(entry.hash());
      store();
    }
    told(before);
    return counts;
  }

  /**
   * Takes entries from elsewhere: a peer, a file. Each proves itself; those that do not are left
   * out.
   *
   * @return how many were new
   */
  public int take(List<Entry> entries) {
    Taken taken = takeQuietly(entries);
    taken.tell().run();
    return taken.count();
  }

  /**
   * Entries that are on the disk, and nobody has heard of them yet.
   *
   * @param count how many were new
   * @param tell lets them take effect: links are cut, listeners hear of it
   */
  record Taken(int count, Runnable tell) {}

  /** As {@link #take}, but nothing takes effect before the caller says so. */
  Taken takeQuietly(List<Entry> entries) {
    Map<DeviceId, Peer> before = peers;
    int taken = 0;
    int refused = 0;
    String why = "";
    synchronized (this) {
      for (Entry entry : entries) {
        try {
          requireSameCoterie(entry);
          taken += tree.add(entry) ? 1 : 0;
        } catch (InvalidEntryException | CoterieException e) {
          refused++;
          why = e.getMessage();
        }
      }
      if (refused > 0) {
        LOG.warn("COT-0314 {} entries of the roster are refused, the last: {}", refused, why);
      }
      if (taken > 0) {
        damage = null;
        store();
      }
    }
    return new Taken(taken, taken > 0 ? () -> told(before) : () -> {});
  }

  /**
   * Brings back the roster of this device's own coterie when the one on disk is damaged or this
   * device was away for long. A device that belongs to no coterie joins by a token, not by this.
   */
  public int bringBack(List<Entry> entries) {
    boolean fresh;
    synchronized (this) {
      fresh = tree.isEmpty();
      if (fresh && damage == null) {
        requireJoined();
      }
    }
    if (!entries.isEmpty()) {
      requireSameGenesis(entries.get(0));
    }
    if (fresh && !trial(entries).state().members().containsKey(identity.id())) {
      throw CoterieException.of(
          "COT-0315",
          ExitCode.REFUSED,
          "this device is not in that roster",
          "coterie roster show (on the device that exported it)");
    }
    return take(entries);
  }

  /** Refuses when the rules do not allow an entry made here. Changes nothing. */
  public void requireAllowed(Entry entry) {
    RosterTree copy = emptyTree();
    try {
      for (Entry known : look(RosterTree::entries)) {
        copy.add(known);
      }
      copy.add(entry);
    } catch (InvalidEntryException e) {
      throw notAllowed(e);
    }
  }

  private static CoterieException notAllowed(Exception e) {
    return CoterieException.of(
        "COT-0313",
        ExitCode.REFUSED,
        "the roster does not allow it: " + e.getMessage(),
        "coterie roster show",
        e);
  }

  /**
   * This device belongs to no coterie any more. The roster is put aside, not deleted.
   *
   * @return where it lies
   */
  public Path leave() throws IOException {
    Map<DeviceId, Peer> before = peers;
    Path aside;
    synchronized (this) {
      aside = store.putAside(clock.wallMillis());
      tree = emptyTree();
      damage = null;
    }
    told(before);
    return aside;
  }

  private void requireSameCoterie(Entry entry) {
    if (entry.index() == 0 && tree.isEmpty() && damage == null) {
      requireJoined(); // nobody joins by an exchange; one that is late must not undo a leaving
    }
    if (entry.index() == 0) {
      requireSameGenesis(entry);
    }
  }

  /** Refuses another coterie's first entry, or what stands in its place. */
  private synchronized void requireSameGenesis(Entry first) {
    if (!tree.isEmpty() && !tree.genesisHash().equals(first.hash())) {
      throw CoterieException.of(
          "COT-0315",
          ExitCode.REFUSED,
          "this is the roster of another coterie",
          "coterie roster show");
    }
  }

  private void store() {
    try {
      store.save(tree.entries());
    } catch (IOException e) {
      reload();
      throw CoterieException.of(
          "COT-0308",
          ExitCode.FAILED,
          "the change could not be stored: " + e.getMessage(),
          "coterie status",
          e);
    }
  }

  /** What could not be stored does not count: back to what the disk has. */
  private void reload() {
    tree = emptyTree();
    load();
  }

  private void told(Map<DeviceId, Peer> before) {
    refresh();
    for (DeviceId id : before.keySet()) {
      if (!peers.containsKey(id)) {
        LOG.info("device {} is no longer trusted", id.shortForm());
        listeners.tell(listener -> listener.removed(id));
      }
    }
    listeners.tell(PeerListener::changed);
  }
}
