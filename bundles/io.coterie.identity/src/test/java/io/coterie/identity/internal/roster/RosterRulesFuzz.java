package io.coterie.identity.internal.roster;

import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.DeviceCard;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.DeviceKeys;
import io.coterie.mesh.api.Role;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * A fuzz target: the input is a program that writes entries of any kind, by anybody, after any
 * other entry. Whatever it is, the rules hold: the same entries give the same state in any order,
 * nobody is member and revoked, an active branch has an admin, and nothing but a rule refuses an
 * entry.
 */
public final class RosterRulesFuzz {
  private static final int DEVICES = 5;
  private static final int GENERATIONS = 4;
  private static final DeviceKeys[][] KEYS = new DeviceKeys[DEVICES][GENERATIONS];
  private static final DeviceId[] IDS = new DeviceId[DEVICES];
  private static final RecoveryKeys RECOVERY =
      new RecoveryKeys(filled(32, 90), filled(DeviceKeys.ML_DSA_BYTES, 90));

  static {
    for (int device = 0; device < DEVICES; device++) {
      for (int generation = 0; generation < GENERATIONS; generation++) {
        int mark = device * GENERATIONS + generation;
        KEYS[device][generation] =
            new DeviceKeys(
                generation + 1,
                filled(32, mark),
                filled(DeviceKeys.ML_DSA_BYTES, mark),
                filled(DeviceKeys.KEM_BYTES, device));
      }
      IDS[device] = DeviceId.of(KEYS[device][0]);
    }
  }

  private RosterRulesFuzz() {}

  private static byte[] filled(int lengthBytes, int value) {
    byte[] bytes = new byte[lengthBytes];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  /** A signature is the first byte of the key: what signatures are is not tried here. */
  private static byte[] signature(byte mark) {
    return filled(EntrySignature.BYTES, mark);
  }

  private static RosterTree tree() {
    return new RosterTree(
        new Verifier((ed25519, mlDsa87, purpose, message, s) -> s[0] == ed25519[0]));
  }

  /** The target. */
  public static void fuzzerTestOneInput(byte[] program) {
    ByteBuffer in = ByteBuffer.wrap(program);
    RosterTree tree = tree();
    List<Entry> made = new ArrayList<>();
    Entry genesis = genesis();
    add(tree, genesis, made);
    while (in.remaining() >= 6 && made.size() < 24) {
      Entry entry = entry(in, tree, made);
      if (entry != null) {
        add(tree, entry, made);
      }
    }
    check(tree);
    List<Entry> kept = tree.entries();
    for (int seed = 0; seed < 3; seed++) {
      RosterTree other = tree();
      addAll(other, kept, new Random(seed));
      RosterState a = tree.state();
      RosterState b = other.state();
      require(a.head().equals(b.head()), "another order gives another head");
      require(a.members().keySet().equals(b.members().keySet()), "other members");
      require(a.revoked().keySet().equals(b.revoked().keySet()), "others are revoked");
    }
  }

  private static Entry genesis() {
    DeviceCard card = new DeviceCard("d0", KEYS[0][0], signature(KEYS[0][0].ed25519()[0]));
    Change change =
        new Change.Genesis(new byte[16], "home", new byte[32], card, 0, Suite.STANDARD, RECOVERY);
    return signed(new Entry(0, Hash.ZERO, 1, change, List.of()), 0, 0);
  }

  private static Entry signed(Entry entry, int device, int generation) {
    List<EntrySignature> all = new ArrayList<>(entry.signatures());
    all.add(
        new EntrySignature(
            IDS[device], generation + 1, signature(KEYS[device][generation].ed25519()[0])));
    return entry.withSignatures(all);
  }

  private static Entry entry(ByteBuffer in, RosterTree tree, List<Entry> made) {
    int kind = Byte.toUnsignedInt(in.get()) % 6;
    int device = Byte.toUnsignedInt(in.get()) % DEVICES;
    int detail = Byte.toUnsignedInt(in.get());
    int after = Byte.toUnsignedInt(in.get());
    int signers = Byte.toUnsignedInt(in.get());
    int generations = Byte.toUnsignedInt(in.get());
    Entry before = after < 128 ? null : made.get(after % made.size());
    Hash previous = before == null ? tree.headState().head() : before.hash();
    long index = before == null ? tree.headState().index() + 1 : before.index() + 1;
    int generation = detail % GENERATIONS;
    DeviceKeys keys = KEYS[device][generation];
    Change change =
        switch (kind) {
          case 0 ->
              new Change.Add(
                  "d" + detail % 7,
                  new DeviceCard("d", KEYS[device][0], signature(KEYS[device][0].ed25519()[0])),
                  roles(detail));
          case 1 -> new Change.Rotate(IDS[device], keys);
          case 2 -> new Change.Roles(IDS[device], roles(detail));
          case 3 -> new Change.Revoke(IDS[device], "");
          case 4 -> new Change.Policy(detail % 4, detail % 2 == 0 ? Suite.STANDARD : Suite.MAX);
          default -> new Change.Recover(IDS[device], detail % 2 == 0 ? RECOVERY : null);
        };
    Entry entry = new Entry(index, previous, detail, change, List.of());
    if (kind == 5) {
      return entry.withSignatures(
          List.of(
              new EntrySignature(EntrySignature.RECOVERY, 0, signature(RECOVERY.ed25519()[0]))));
    }
    if (kind == 1 && generation > 0) {
      return signed(signed(entry, device, generation - 1), device, generation);
    }
    for (int i = 0; i < DEVICES; i++) {
      if ((signers & 1 << i) != 0) {
        entry = signed(entry, i, generations >> i & 1);
      }
    }
    return entry;
  }

  private static Set<Role> roles(int bits) {
    EnumSet<Role> roles = EnumSet.noneOf(Role.class);
    for (Role role : Role.values()) {
      if ((bits & 1 << role.ordinal()) != 0) {
        roles.add(role);
      }
    }
    return roles;
  }

  private static void add(RosterTree tree, Entry entry, List<Entry> made) {
    try {
      tree.add(entry);
      made.add(entry);
    } catch (InvalidEntryException e) {
      require(e.reason() != null, "a refusal without a reason");
    }
  }

  private static void addAll(RosterTree tree, List<Entry> entries, Random random) {
    List<Entry> left = new ArrayList<>(entries);
    boolean some = true;
    while (some) {
      some = false;
      Collections.shuffle(left, random);
      for (Entry entry : List.copyOf(left)) {
        try {
          tree.add(entry);
          left.remove(entry);
          some = true;
        } catch (InvalidEntryException e) {
          require(
              e.reason() == InvalidEntryException.Reason.WRONG_PLACE,
              "what was good is refused: " + e.getMessage());
        }
      }
    }
    require(left.isEmpty(), "entries without a parent");
  }

  private static void check(RosterTree tree) {
    RosterState head = tree.headState();
    require(
        head.members().isEmpty() || head.members().values().stream().anyMatch(Member::admin),
        "nobody is admin");
    RosterState state = tree.state();
    require(
        Collections.disjoint(state.members().keySet(), state.revoked().keySet()),
        "somebody is member and revoked");
    long names = state.members().values().stream().map(Member::name).distinct().count();
    require(names == state.members().size(), "two members have one name");
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new IllegalStateException(what);
    }
  }
}
