package io.coterie.identity.internal.roster;

import io.coterie.base.name.Names;
import io.coterie.crypto.api.Suite;
import io.coterie.identity.internal.roster.InvalidEntryException.Reason;
import io.coterie.mesh.api.DeviceCard;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.DeviceKeys;
import io.coterie.mesh.api.Role;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The rules of the roster: an entry and the state before it give the state after it, or the reason
 * why not. Pure: no clock, no files, no network; the same bytes give the same answer everywhere.
 */
public final class Verifier {
  public static final int MAX_DEVICES = 64;
  private static final int MAX_REASON_BYTES = 300;

  private final SignatureCheck signatures;

  /** Verifies a hybrid signature. */
  public interface SignatureCheck {
    /** True when both halves are valid under the keys for the purpose. */
    boolean valid(byte[] ed25519, byte[] mlDsa87, String purpose, byte[] message, byte[] signature);
  }

  public Verifier(SignatureCheck signatures) {
    this.signatures = signatures;
  }

  /**
   * Applies an entry.
   *
   * @param before null for the genesis
   */
  public RosterState apply(RosterState before, Entry entry) throws InvalidEntryException {
    long expected = before == null ? 0 : before.index() + 1;
    Hash previous = before == null ? Hash.ZERO : before.head();
    if (entry.index() != expected || !entry.previous().equals(previous)) {
      throw invalid(Reason.WRONG_PLACE, entry, "it does not follow entry " + (expected - 1));
    }
    if (entry.change() instanceof Change.Genesis genesis) {
      if (before != null) {
        throw invalid(Reason.SECOND_GENESIS, entry, "a coterie begins once");
      }
      return genesis(genesis, entry);
    }
    if (before == null) {
      throw invalid(Reason.NO_GENESIS, entry, "the first entry is no genesis");
    }
    Draft draft = new Draft(before, entry);
    if (entry.change() instanceof Change.Add add) {
      add(add, draft);
    } else if (entry.change() instanceof Change.Rotate rotate) {
      rotate(rotate, draft);
    } else if (entry.change() instanceof Change.Roles roles) {
      roles(roles, draft);
    } else if (entry.change() instanceof Change.Revoke revoke) {
      revoke(revoke, draft);
    } else if (entry.change() instanceof Change.Policy policy) {
      policy(policy, draft);
    } else if (entry.change() instanceof Change.Recover recover) {
      recover(recover, draft);
    }
    return draft.done();
  }

  /** The state to be, while an entry is looked at. */
  private static final class Draft {
    private final RosterState before;
    private final Entry entry;
    private final Map<DeviceId, Member> members;
    private final Map<DeviceId, String> revoked;
    private boolean newEpoch;
    private int threshold;
    private Suite suite;
    private RecoveryKeys recovery;

    Draft(RosterState before, Entry entry) {
      this.before = before;
      this.entry = entry;
      this.members = new LinkedHashMap<>(before.members());
      this.revoked = new LinkedHashMap<>(before.revoked());
      this.threshold = before.threshold();
      this.suite = before.suite();
      this.recovery = before.recovery();
    }

    RosterState done() {
      Hash head = entry.hash();
      return new RosterState(
          before.genesis(),
          entry.index(),
          head,
          newEpoch ? head : before.epoch(),
          members,
          revoked,
          threshold,
          suite,
          recovery);
    }
  }

  private RosterState genesis(Change.Genesis genesis, Entry entry) throws InvalidEntryException {
    checkCard(genesis.founder(), entry);
    checkName(genesis.name(), entry);
    checkName(genesis.founder().name(), entry);
    checkThreshold(genesis.threshold(), entry);
    DeviceKeys keys = genesis.founder().keys();
    DeviceId founder = DeviceId.of(keys);
    Hash head = entry.hash();
    RosterState state =
        new RosterState(
            genesis,
            0,
            head,
            head,
            Map.of(
                founder,
                new Member(
                    founder,
                    genesis.founder().name(),
                    keys,
                    EnumSet.complementOf(EnumSet.of(Role.HOLDER)),
                    0)),
            Map.of(),
            genesis.threshold(),
            genesis.suite(),
            genesis.recovery());
    requireAdmins(state, entry, null);
    return state;
  }

  private void add(Change.Add add, Draft draft) throws InvalidEntryException {
    checkCard(add.card(), draft.entry);
    checkName(add.name(), draft.entry);
    DeviceId id = DeviceId.of(add.card().keys());
    if (draft.revoked.containsKey(id)) {
      throw invalid(
          Reason.REVOKED_DEVICE, draft.entry, "device " + id.shortForm() + " was revoked for ever");
    }
    if (draft.members.containsKey(id)) {
      throw invalid(Reason.KNOWN_DEVICE, draft.entry, "device " + id.shortForm() + " is a member");
    }
    if (draft.members.values().stream().anyMatch(m -> m.name().equals(add.name()))) {
      throw invalid(Reason.NAME_TAKEN, draft.entry, "the name " + add.name() + " is taken");
    }
    if (draft.members.size() >= MAX_DEVICES) {
      throw invalid(Reason.TOO_MANY_DEVICES, draft.entry, "a coterie has at most 64 devices");
    }
    requireAdmins(draft.before, draft.entry, null);
    draft.members.put(
        id, new Member(id, add.name(), add.card().keys(), add.roles(), draft.entry.index()));
  }

  private void rotate(Change.Rotate rotate, Draft draft) throws InvalidEntryException {
    Member member = require(rotate.device(), draft);
    if (rotate.keys().generation() != member.keys().generation() + 1) {
      throw invalid(
          Reason.WRONG_GENERATION,
          draft.entry,
          "generation "
              + rotate.keys().generation()
              + " does not follow "
              + member.keys().generation());
    }
    boolean byOld = false;
    boolean byNew = false;
    for (EntrySignature s : draft.entry.signatures()) {
      boolean old = s.generation() == member.keys().generation();
      DeviceKeys keys = old ? member.keys() : rotate.keys();
      if (!s.signer().equals(member.id()) || s.generation() != keys.generation()) {
        throw invalid(Reason.NOT_ENTITLED, draft.entry, s + " has no say in this rotation");
      }
      check(keys, s, draft.entry);
      byOld |= old;
      byNew |= !old;
    }
    if (!byOld || !byNew || draft.entry.signatures().size() != 2) {
      throw invalid(
          Reason.TOO_FEW_SIGNATURES,
          draft.entry,
          "a rotation is signed by the old keys and by the new ones");
    }
    draft.members.put(
        member.id(),
        new Member(member.id(), member.name(), rotate.keys(), member.roles(), draft.entry.index()));
  }

  private void roles(Change.Roles roles, Draft draft) throws InvalidEntryException {
    Member member = require(roles.device(), draft);
    requireAdmins(draft.before, draft.entry, null);
    draft.members.put(
        member.id(),
        new Member(member.id(), member.name(), member.keys(), roles.roles(), member.sinceIndex()));
    requireAnAdmin(draft);
  }

  private void revoke(Change.Revoke revoke, Draft draft) throws InvalidEntryException {
    Member member = require(revoke.device(), draft);
    if (revoke.reason().getBytes(StandardCharsets.UTF_8).length > MAX_REASON_BYTES) {
      throw invalid(Reason.TOO_MUCH, draft.entry, "a reason of " + revoke.reason().length());
    }
    boolean leaves =
        draft.entry.signatures().size() == 1
            && draft.entry.signatures().get(0).signer().equals(member.id());
    if (leaves) {
      check(member, draft.entry.signatures().get(0), draft.entry);
    } else {
      requireAdmins(draft.before, draft.entry, member.id());
    }
    draft.members.remove(member.id());
    draft.revoked.put(member.id(), revoke.reason());
    draft.newEpoch = true;
    if (!draft.members.isEmpty()) {
      requireAnAdmin(draft);
    }
  }

  private void policy(Change.Policy policy, Draft draft) throws InvalidEntryException {
    checkThreshold(policy.threshold(), draft.entry);
    requireAdmins(draft.before, draft.entry, null);
    draft.threshold = policy.threshold();
    draft.suite = policy.suite();
  }

  private void recover(Change.Recover recover, Draft draft) throws InvalidEntryException {
    Member member = require(recover.device(), draft);
    RecoveryKeys keys = draft.before.recovery();
    if (keys == null) {
      throw invalid(Reason.NO_RECOVERY, draft.entry, "this coterie has no recovery keys");
    }
    if (draft.entry.signatures().size() != 1) {
      throw invalid(
          Reason.NOT_ENTITLED, draft.entry, "a recovery has the one signature of its keys");
    }
    EntrySignature s = draft.entry.signatures().get(0);
    if (!s.signer().equals(EntrySignature.RECOVERY) || s.generation() != 0) {
      throw invalid(Reason.NOT_ENTITLED, draft.entry, s + " is not by the recovery keys");
    }
    if (!signatures.valid(
        keys.ed25519(), keys.mlDsa87(), Entry.PURPOSE, draft.entry.body(), s.bytes())) {
      throw invalid(Reason.BAD_SIGNATURE, draft.entry, "the recovery signature is wrong");
    }
    EnumSet<Role> roles = EnumSet.of(Role.ADMIN);
    roles.addAll(member.roles());
    draft.members.put(
        member.id(),
        new Member(member.id(), member.name(), member.keys(), roles, member.sinceIndex()));
    draft.recovery = recover.next();
    draft.threshold = 1; // those who would sign too are the ones that were lost
    draft.newEpoch = true;
  }

  // ---- what several rules need

  private static Member require(DeviceId id, Draft draft) throws InvalidEntryException {
    Member member = draft.members.get(id);
    if (member == null) {
      throw invalid(
          draft.revoked.containsKey(id) ? Reason.REVOKED_DEVICE : Reason.UNKNOWN_DEVICE,
          draft.entry,
          "device " + id.shortForm() + " is no member");
    }
    return member;
  }

  private static void requireAnAdmin(Draft draft) throws InvalidEntryException {
    if (draft.members.values().stream().noneMatch(Member::admin)) {
      throw invalid(Reason.LAST_ADMIN, draft.entry, "no admin would be left");
    }
  }

  /** Every signature is of another admin and valid, and there are enough. */
  private void requireAdmins(RosterState state, Entry entry, DeviceId target)
      throws InvalidEntryException {
    Set<DeviceId> signers = new HashSet<>();
    for (EntrySignature s : entry.signatures()) {
      Member signer = state.members().get(s.signer());
      if (signer == null || !signer.admin() || s.signer().equals(target)) {
        throw invalid(Reason.NOT_ENTITLED, entry, s + " has no say in this");
      }
      if (!signers.add(s.signer())) {
        throw invalid(Reason.DOUBLE_SIGNATURE, entry, s + " signed twice");
      }
      check(signer, s, entry);
    }
    int needed = state.signaturesNeeded(target);
    if (signers.size() < needed) {
      throw invalid(
          Reason.TOO_FEW_SIGNATURES,
          entry,
          signers.size() + " of " + needed + " signatures of admins");
    }
  }

  private void check(Member signer, EntrySignature s, Entry entry) throws InvalidEntryException {
    check(signer.keys(), s, entry);
  }

  private void check(DeviceKeys keys, EntrySignature s, Entry entry) throws InvalidEntryException {
    if (s.generation() != keys.generation()) {
      throw invalid(
          Reason.WRONG_GENERATION,
          entry,
          s + " is not of the present generation " + keys.generation());
    }
    if (!signatures.valid(keys.ed25519(), keys.mlDsa87(), Entry.PURPOSE, entry.body(), s.bytes())) {
      throw invalid(Reason.BAD_SIGNATURE, entry, s + " is wrong");
    }
  }

  private void checkCard(DeviceCard card, Entry entry) throws InvalidEntryException {
    boolean good =
        card.keys().generation() == 1
            && signatures.valid(
                card.keys().ed25519(),
                card.keys().mlDsa87(),
                DeviceCard.PURPOSE,
                card.statement(),
                card.signature());
    if (!good) {
      throw invalid(Reason.BAD_CARD, entry, "the card is not signed by its own keys");
    }
  }

  private static void checkName(String name, Entry entry) throws InvalidEntryException {
    if (!Names.valid(name)) {
      throw invalid(Reason.BAD_NAME, entry, "a name that breaks the rule for names");
    }
  }

  private static void checkThreshold(int threshold, Entry entry) throws InvalidEntryException {
    if (threshold > EntryCodec.MAX_SIGNATURES) {
      throw invalid(Reason.BAD_POLICY, entry, "a threshold of " + threshold);
    }
  }

  private static InvalidEntryException invalid(Reason reason, Entry entry, String message) {
    return new InvalidEntryException(reason, entry.index(), message);
  }
}
