package io.coterie.identity.internal.roster;

import io.coterie.identity.internal.roster.InvalidEntryException.Reason;
import io.coterie.mesh.api.DeviceId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Every valid entry that was ever seen, as a tree: where two entries follow one, the roster is
 * forked. The same set of entries gives the same state on every device, in whatever order they
 * came. Rules: docs/formats/roster.md, section "Forks". Not thread-safe.
 */
public final class RosterTree {
  public static final int MAX_ENTRIES = 8192;
  static final int MAX_PENDING = 64;

  private final Verifier verifier;
  private final Map<Hash, Node> nodes = new LinkedHashMap<>();
  private final Map<Hash, Entry> pending = new LinkedHashMap<>();
  private Node genesis;
  private Node head;

  public RosterTree(Verifier verifier) {
    this.verifier = verifier;
  }

  private static final class Node {
    private Entry entry;
    private final RosterState state;
    private final Node parent;
    private final List<Node> children = new ArrayList<>();

    Node(Entry entry, RosterState state, Node parent) {
      this.entry = entry;
      this.state = state;
      this.parent = parent;
    }
  }

  /**
   * A place where the roster is forked.
   *
   * @param index of the first entries that differ
   * @param chosen the hash of the entry that counts, or null when none does
   * @param lost the hashes of the others
   */
  public record Fork(long index, Hash chosen, List<Hash> lost) {}

  /** Whether a coterie was begun. */
  public boolean isEmpty() {
    return genesis == null;
  }

  /**
   * Adds an entry after the ones before it. One that is known already only gains signatures.
   *
   * @return true when anything changed
   * @throws InvalidEntryException when it breaks a rule; nothing changed then
   */
  public boolean add(Entry entry) throws InvalidEntryException {
    Hash hash = entry.hash();
    Node known = nodes.get(hash);
    if (known != null) {
      return false;
    }
    if (nodes.size() >= MAX_ENTRIES) {
      throw new InvalidEntryException(
          Reason.TOO_MUCH, entry.index(), "the roster has " + MAX_ENTRIES + " entries");
    }
    Node parent = nodes.get(entry.previous());
    boolean first = entry.previous().equals(Hash.ZERO) && genesis == null;
    if (parent == null && !first) {
      throw new InvalidEntryException(
          Reason.WRONG_PLACE, entry.index(), "the entry before it is not known");
    }
    RosterState before = parent == null ? null : parent.state;
    RosterState after;
    try {
      after = verifier.apply(before, entry);
    } catch (InvalidEntryException e) {
      if (e.reason() == Reason.TOO_FEW_SIGNATURES && mayWait(entry)) {
        return await(entry, before);
      }
      throw e;
    }
    Node node = new Node(entry, after, parent);
    nodes.put(hash, node);
    pending.remove(hash);
    if (parent == null) {
      genesis = node;
    } else {
      parent.children.add(node);
    }
    head = null;
    return true;
  }

  /** Only what admins sign together waits for the others of them. */
  private static boolean mayWait(Entry entry) {
    boolean together =
        !(entry.change() instanceof Change.Genesis
            || entry.change() instanceof Change.Rotate
            || entry.change() instanceof Change.Recover);
    return together && !entry.signatures().isEmpty();
  }

  /** Keeps an entry that lacks signatures; those that are there were found good. */
  private boolean await(Entry entry, RosterState before) throws InvalidEntryException {
    Entry known = pending.get(entry.hash());
    List<EntrySignature> all = new ArrayList<>(known == null ? List.of() : known.signatures());
    for (EntrySignature s : entry.signatures()) {
      if (all.stream()
          .noneMatch(o -> o.signer().equals(s.signer()) && o.generation() == s.generation())) {
        all.add(s);
      }
    }
    if (known != null && all.size() == known.signatures().size()) {
      return false;
    }
    if (known == null && pending.size() >= MAX_PENDING) {
      pending.remove(pending.keySet().iterator().next());
    }
    if (all.size() > EntryCodec.MAX_SIGNATURES) {
      throw new InvalidEntryException(Reason.TOO_MUCH, entry.index(), "too many signatures");
    }
    Entry merged = entry.withSignatures(all);
    try {
      verifier.apply(before, merged);
    } catch (InvalidEntryException e) {
      if (e.reason() != Reason.TOO_FEW_SIGNATURES) {
        throw e;
      }
      pending.put(entry.hash(), merged);
      return true;
    }
    return add(merged);
  }

  /** Entries that wait for more signatures, and would still follow the head. */
  public List<Entry> pending() {
    Hash at = head().state.head();
    return pending.values().stream().filter(e -> e.previous().equals(at)).toList();
  }

  /** The pending entry whose hash begins so, if it is one. */
  public Optional<Entry> pending(String hashPrefix) {
    List<Entry> found =
        pending().stream().filter(e -> e.hash().toString().startsWith(hashPrefix)).toList();
    return found.size() == 1 ? Optional.of(found.get(0)) : Optional.empty();
  }

  // ---- what counts

  /** The state that counts: that of the chosen head, without devices that any branch revoked. */
  public RosterState state() {
    RosterState state = head().state;
    Map<DeviceId, String> revoked = new LinkedHashMap<>(state.revoked());
    for (Node node : nodes.values()) {
      if (node.entry.change() instanceof Change.Revoke r) {
        revoked.putIfAbsent(r.device(), r.reason());
      }
    }
    if (revoked.size() == state.revoked().size()) {
      return state;
    }
    Map<DeviceId, Member> members = new LinkedHashMap<>(state.members());
    members.keySet().removeAll(revoked.keySet());
    return new RosterState(
        state.genesis(),
        state.index(),
        state.head(),
        state.epoch(),
        members,
        revoked,
        state.threshold(),
        state.suite(),
        state.recovery());
  }

  /** The state of the chosen branch alone: what the next entry must follow. */
  public RosterState headState() {
    return head().state;
  }

  private Node head() {
    if (head == null) {
      Node at = genesis;
      for (Node next = chosen(at.children); next != null; next = chosen(at.children)) {
        at = next;
      }
      head = at;
    }
    return head;
  }

  /**
   * The child that counts, or null when there is none that may: a branch with a signature of a
   * device that another branch revokes never counts, unless the recovery keys stood up for it.
   */
  private static Node chosen(List<Node> children) {
    if (children.size() == 1) {
      return children.get(0);
    }
    Map<Node, Branch> branches = new HashMap<>();
    for (Node child : children) {
      branches.put(child, branch(child));
    }
    return children.stream()
        .filter(c -> branches.get(c).recovers || !tainted(c, branches))
        .min(
            Comparator.<Node, Boolean>comparing(c -> !branches.get(c).recovers)
                .thenComparing(c -> branches.get(c).revokes.isEmpty())
                .thenComparing(c -> -branches.get(c).length)
                .thenComparing(c -> c.entry.hash()))
        .orElse(null);
  }

  /** What lies behind an entry, all its branches together. */
  private static final class Branch {
    private final Set<DeviceId> signers = new HashSet<>();
    private final Set<DeviceId> revokes = new HashSet<>();
    private boolean recovers;
    private int length;
  }

  private static Branch branch(Node root) {
    Branch branch = new Branch();
    List<Node> open = new ArrayList<>(List.of(root));
    while (!open.isEmpty()) {
      Node node = open.remove(open.size() - 1);
      open.addAll(node.children);
      branch.length = (int) Math.max(branch.length, node.state.index() - root.state.index() + 1);
      node.entry.signatures().forEach(s -> branch.signers.add(s.signer()));
      if (node.entry.change() instanceof Change.Revoke r) {
        branch.revokes.add(r.device());
      }
      branch.recovers |= node.entry.change() instanceof Change.Recover;
    }
    return branch;
  }

  /** Whether another branch revokes somebody who signed this one: then this one loses. */
  private static boolean tainted(Node child, Map<Node, Branch> branches) {
    Set<DeviceId> signers = branches.get(child).signers;
    return branches.entrySet().stream()
        .filter(e -> e.getKey() != child)
        .anyMatch(e -> !Collections.disjoint(e.getValue().revokes, signers));
  }

  /** Where the chosen branch has others beside it, oldest first. */
  public List<Fork> forks() {
    List<Fork> forks = new ArrayList<>();
    if (!head().children.isEmpty()) {
      List<Hash> all = head().children.stream().map(c -> c.entry.hash()).sorted().toList();
      forks.add(new Fork(head().state.index() + 1, null, all));
    }
    for (Node at = head(); at.parent != null; at = at.parent) {
      if (at.parent.children.size() > 1) {
        Node winner = at;
        List<Hash> lost =
            at.parent.children.stream()
                .filter(c -> c != winner)
                .map(c -> c.entry.hash())
                .sorted()
                .toList();
        forks.add(new Fork(at.state.index(), at.entry.hash(), lost));
      }
    }
    Collections.reverse(forks);
    return forks;
  }

  /** What tells this coterie from all others. There is one only in a tree that is not empty. */
  public Hash genesisHash() {
    return chain().get(0).hash();
  }

  /** The entries of the chosen branch, oldest first. */
  public List<Entry> chain() {
    List<Entry> chain = new ArrayList<>();
    for (Node at = head(); at != null; at = at.parent) {
      chain.add(at.entry);
    }
    Collections.reverse(chain);
    return chain;
  }

  /** Entries that were valid and lost a fork, oldest first. */
  public List<Entry> lost() {
    Set<Hash> chosen = new HashSet<>();
    chain().forEach(e -> chosen.add(e.hash()));
    return nodes.values().stream()
        .map(n -> n.entry)
        .filter(e -> !chosen.contains(e.hash()))
        .sorted(Comparator.comparingLong(Entry::index))
        .toList();
  }

  // ---- exchange

  /** Everything, parents before children; then what waits for signatures. */
  public List<Entry> entries() {
    List<Entry> all = new ArrayList<>(nodes.values().stream().map(n -> n.entry).toList());
    all.addAll(pending.values());
    return all;
  }

  /** The hashes of all that is known, with pending ones by their number of signatures. */
  public Set<Hash> hashes() {
    return Set.copyOf(nodes.keySet());
  }

  /** What somebody lacks who knows these. */
  public List<Entry> without(Collection<Hash> known) {
    List<Entry> missing =
        new ArrayList<>(
            nodes.values().stream()
                .map(n -> n.entry)
                .filter(e -> !known.contains(e.hash()))
                .toList());
    missing.addAll(pending.values());
    return missing;
  }

  /** The ends of all branches. */
  public List<Hash> tips() {
    return nodes.values().stream()
        .filter(n -> n.children.isEmpty())
        .map(n -> n.entry.hash())
        .sorted()
        .toList();
  }
}
