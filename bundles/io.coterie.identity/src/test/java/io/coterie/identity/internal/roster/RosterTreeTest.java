package io.coterie.identity.internal.roster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.base.codec.MalformedInputException;
import io.coterie.crypto.api.Suite;
import io.coterie.identity.internal.roster.InvalidEntryException.Reason;
import io.coterie.mesh.api.DeviceCard;
import io.coterie.mesh.api.Role;
import io.coterie.testkit.MemoryIdentity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("S0-3.2")
@Tag("S0-3.4")
class RosterTreeTest {
  private final Authors authors = new Authors();
  private final MemoryIdentity a = authors.device("a");
  private final MemoryIdentity b = authors.device("b");
  private final MemoryIdentity c = authors.device("c");
  private final MemoryIdentity d = authors.device("d");
  private RosterTree tree;

  @BeforeEach
  void begin() throws Exception {
    tree = authors.tree();
    tree.add(authors.genesis(a, 0, true));
  }

  private static Reason refused(RosterTree tree, Entry entry) {
    Set<Hash> before = tree.hashes();
    Reason reason = assertThrows(InvalidEntryException.class, () -> tree.add(entry)).reason();
    assertEquals(before, tree.hashes(), "nothing changed");
    return reason;
  }

  private void add(RosterTree to, MemoryIdentity device, MemoryIdentity... by) throws Exception {
    to.add(authors.next(to, authors.add(device, Role.DATA), by));
  }

  private RosterTree copy() throws Exception {
    RosterTree copy = authors.tree();
    for (Entry e : tree.entries()) {
      copy.add(e);
    }
    return copy;
  }

  @Test
  void aCoterieBeginsWithItsFounderAndGrows() throws Exception {
    add(tree, b, a);
    add(tree, c, a);
    assertEquals(Set.of(a.id(), b.id(), c.id()), tree.state().members().keySet());
    assertTrue(tree.state().members().get(a.id()).admin());
    assertFalse(tree.state().members().get(b.id()).admin());
    assertEquals(2, tree.state().index());
    assertEquals(List.of(), tree.forks());
  }

  @Test
  void onlyAdminsChangeIt() throws Exception {
    add(tree, b, a);
    Change add = authors.add(c, Role.DATA);
    assertEquals(Reason.NOT_ENTITLED, refused(tree, authors.next(tree, add, b)));
    assertEquals(Reason.NOT_ENTITLED, refused(tree, authors.next(tree, add, c)));
    assertEquals(Reason.NOT_ENTITLED, refused(tree, authors.next(tree, add, a, b)));
    assertEquals(Reason.TOO_FEW_SIGNATURES, refused(tree, authors.next(tree, add)));
    assertEquals(Reason.DOUBLE_SIGNATURE, refused(tree, authors.next(tree, add, a, a)));
  }

  @Test
  void everyAlteredSignatureIsRefusedBothHalves() throws Exception {
    Entry good = authors.next(tree, authors.add(b, Role.DATA), a);
    for (int at : new int[] {0, 63, 64, 2000, EntrySignature.BYTES - 1}) {
      EntrySignature s = good.signatures().get(0);
      byte[] bent = s.bytes().clone();
      bent[at] ^= 1;
      Entry bad =
          good.withSignatures(List.of(new EntrySignature(s.signer(), s.generation(), bent)));
      assertEquals(Reason.BAD_SIGNATURE, refused(tree, bad), "byte " + at);
    }
    assertTrue(tree.add(good));
    assertFalse(tree.add(good), "the same again changes nothing");
  }

  @Test
  void namesAndDevicesAreUniqueAndCardsAreSignedByTheirKeys() throws Exception {
    add(tree, b, a);
    assertEquals(
        Reason.KNOWN_DEVICE, refused(tree, authors.next(tree, authors.add(b, Role.DATA), a)));
    Change sameName = new Change.Add("b", c.card(), Set.of());
    assertEquals(Reason.NAME_TAKEN, refused(tree, authors.next(tree, sameName, a)));
    Change badName = new Change.Add("../b", c.card(), Set.of());
    assertEquals(Reason.BAD_NAME, refused(tree, authors.next(tree, badName, a)));
    Change stolen =
        new Change.Add("x", new DeviceCard("x", c.keys(), d.card().signature()), Set.of());
    assertEquals(Reason.BAD_CARD, refused(tree, authors.next(tree, stolen, a)));
    Change later = new Change.Add("x", c.rotated(5).card(), Set.of());
    assertEquals(Reason.BAD_CARD, refused(tree, authors.next(tree, later, a)));
  }

  @Test
  void fromFourDevicesOnTwoAdminsMustSign() throws Exception {
    add(tree, b, a);
    tree.add(authors.next(tree, new Change.Roles(b.id(), Set.of(Role.ADMIN)), a));
    add(tree, c, a);
    add(tree, d, b);
    MemoryIdentity e = authors.device("e");
    Entry one = authors.next(tree, authors.add(e, Role.DATA), a);
    assertTrue(tree.add(one), "it waits for the other signature");
    assertFalse(tree.state().members().containsKey(e.id()));
    assertEquals(1, tree.pending().size());
    assertFalse(tree.add(one));
    Entry other = authors.signed(one, b);
    assertTrue(tree.add(other));
    assertTrue(tree.state().members().containsKey(e.id()));
    assertEquals(List.of(), tree.pending());
    // To revoke an admin the others are enough.
    tree.add(authors.next(tree, new Change.Revoke(b.id(), "stolen"), a));
    assertFalse(tree.state().members().containsKey(b.id()));
  }

  @Test
  void aRevokedDeviceHasNoSayAndNeverComesBack() throws Exception {
    add(tree, b, a);
    tree.add(authors.next(tree, new Change.Roles(b.id(), Set.of(Role.ADMIN)), a));
    Hash epoch = tree.state().epoch();
    tree.add(authors.next(tree, new Change.Revoke(b.id(), "lost on a train"), a));
    assertEquals("lost on a train", tree.state().revoked().get(b.id()));
    assertFalse(epoch.equals(tree.state().epoch()), "a new epoch");
    assertEquals(
        Reason.NOT_ENTITLED, refused(tree, authors.next(tree, authors.add(c, Role.DATA), b)));
    assertEquals(
        Reason.REVOKED_DEVICE, refused(tree, authors.next(tree, authors.add(b, Role.DATA), a)));
    assertEquals(
        Reason.REVOKED_DEVICE,
        refused(tree, authors.next(tree, new Change.Roles(b.id(), Set.of()), a)));
  }

  @Test
  void aDeviceMayLeaveByItselfButNotTheLastAdmin() throws Exception {
    add(tree, b, a);
    tree.add(authors.next(tree, new Change.Revoke(b.id(), "left"), b));
    assertFalse(tree.state().members().containsKey(b.id()));
    add(tree, c, a);
    assertEquals(
        Reason.LAST_ADMIN, refused(tree, authors.next(tree, new Change.Revoke(a.id(), ""), a)));
    assertEquals(
        Reason.LAST_ADMIN,
        refused(tree, authors.next(tree, new Change.Roles(a.id(), Set.of(Role.DATA)), a)));
  }

  @Test
  @Tag("S2-2.3")
  void aRotationIsSignedByTheOldKeysAndByTheNew() throws Exception {
    MemoryIdentity next = a.rotated(901);
    Change rotate = new Change.Rotate(a.id(), next.keys());
    assertEquals(Reason.TOO_FEW_SIGNATURES, refused(tree, authors.next(tree, rotate, a)));
    assertEquals(Reason.TOO_FEW_SIGNATURES, refused(tree, authors.next(tree, rotate, next)));
    tree.add(authors.next(tree, rotate, a, next));
    assertEquals(2, tree.state().members().get(a.id()).keys().generation());
    assertEquals(
        Reason.WRONG_GENERATION,
        refused(tree, authors.next(tree, authors.add(b, Role.DATA), a)),
        "the old keys are dead");
    add(tree, b, next);
    MemoryIdentity skipped = next.rotated(902).rotated(903);
    assertEquals(
        Reason.WRONG_GENERATION,
        refused(
            tree, authors.next(tree, new Change.Rotate(a.id(), skipped.keys()), next, skipped)));
    MemoryIdentity stolen = b.rotated(904);
    assertEquals(
        Reason.NOT_ENTITLED,
        refused(tree, authors.next(tree, new Change.Rotate(b.id(), stolen.keys()), next, stolen)),
        "not even an admin rotates another device");
  }

  @Test
  void whoSleptThroughThreeRotationsCatchesUp() throws Exception {
    add(tree, b, a);
    RosterTree sleeper = copy();
    MemoryIdentity now = a;
    for (int i = 0; i < 3; i++) {
      MemoryIdentity next = now.rotated(800 + i);
      tree.add(authors.next(tree, new Change.Rotate(a.id(), next.keys()), now, next));
      now = next;
    }
    for (Entry e : tree.without(sleeper.hashes())) {
      sleeper.add(e);
    }
    assertEquals(4, sleeper.state().members().get(a.id()).keys().generation());
    assertEquals(tree.state().head(), sleeper.state().head());
  }

  @Test
  @Tag("S0-8.12")
  void theRecoveryKeysMakeAnAdminWhenTheAdminsAreLost() throws Exception {
    add(tree, b, a);
    Change recover = new Change.Recover(b.id(), null);
    assertEquals(Reason.NOT_ENTITLED, refused(tree, authors.next(tree, recover, b)));
    assertEquals(Reason.NOT_ENTITLED, refused(tree, authors.next(tree, recover, a)));
    Entry forged = authors.recovery(tree, recover, 999);
    assertEquals(Reason.BAD_SIGNATURE, refused(tree, forged));
    tree.add(authors.recovery(tree, recover, Authors.RECOVERY_SEED));
    assertTrue(tree.state().members().get(b.id()).admin());
    assertEquals(
        Reason.NO_RECOVERY,
        refused(tree, authors.recovery(tree, recover, Authors.RECOVERY_SEED)),
        "the keys were used up");
    tree.add(authors.next(tree, new Change.Revoke(a.id(), "lost"), b));
    assertEquals(Set.of(b.id()), tree.state().members().keySet());
  }

  @Test
  @Tag("S0-8.12")
  void afterARecoveryOneAdminIsEnoughAmongMany() throws Exception {
    add(tree, b, a);
    tree.add(authors.next(tree, new Change.Roles(b.id(), Set.of(Role.ADMIN)), a));
    add(tree, c, a);
    add(tree, d, a);
    tree.add(authors.recovery(tree, new Change.Recover(c.id(), null), Authors.RECOVERY_SEED));
    assertEquals(1, tree.state().signaturesNeeded(null));
    tree.add(authors.next(tree, new Change.Revoke(a.id(), "lost"), c));
    tree.add(authors.next(tree, new Change.Revoke(b.id(), "lost"), c));
    assertEquals(Set.of(c.id(), d.id()), tree.state().members().keySet());
  }

  @Test
  void aRecoveryWithManySignaturesNeitherCountsNorWaits() throws Exception {
    add(tree, b, a);
    Entry many = authors.next(tree, new Change.Recover(b.id(), null), a, b, c, d);
    assertEquals(Reason.NOT_ENTITLED, refused(tree, many));
    assertEquals(List.of(), tree.pending());
  }

  @Test
  void aReasonIsAsLongAsItsReaderTakes() throws Exception {
    add(tree, b, a);
    Change tooLong = new Change.Revoke(b.id(), "\u0416".repeat(160));
    assertEquals(Reason.TOO_MUCH, refused(tree, authors.next(tree, tooLong, a)));
    Entry longest = authors.next(tree, new Change.Revoke(b.id(), "\u0416".repeat(150)), a);
    tree.add(EntryCodec.decode(EntryCodec.encode(longest)));
    assertEquals(150, tree.state().revoked().get(b.id()).length());
  }

  // ---- forks

  @Test
  void inAForkTheRevocationWinsAndTheRevokedDevicesEntriesDoNotCount() throws Exception {
    add(tree, b, a);
    tree.add(authors.next(tree, new Change.Roles(b.id(), Set.of(Role.ADMIN)), a));
    RosterTree thief = copy();
    tree.add(authors.next(tree, new Change.Revoke(b.id(), "stolen"), a));
    // The thief goes on alone, and makes its branch as long as it likes.
    add(thief, c, b);
    add(thief, d, b);
    for (Entry e : thief.entries()) {
      tree.add(e);
    }
    assertEquals(Set.of(a.id()), tree.state().members().keySet());
    assertEquals(1, tree.forks().size());
    assertEquals(2, tree.lost().size());
    for (Entry e : tree.entries()) {
      thief.add(e);
    }
    assertEquals(tree.state().head(), thief.state().head());
  }

  @Test
  void whoeverIsRevokedInAnyBranchIsOut() throws Exception {
    add(tree, b, a);
    add(tree, c, a);
    tree.add(authors.next(tree, new Change.Roles(b.id(), Set.of(Role.ADMIN)), a));
    RosterTree other = copy();
    tree.add(authors.next(tree, new Change.Revoke(c.id(), "by a"), a));
    add(other, d, b);
    other.add(authors.next(other, new Change.Policy(1, Suite.MAX), b));
    for (Entry e : other.entries()) {
      tree.add(e);
    }
    assertFalse(tree.state().members().containsKey(c.id()));
    assertFalse(tree.state().members().containsKey(d.id()), "the branch without it is lost");
  }

  @Test
  void whenTwoAdminsRevokeEachOtherBothAreOutAndARecoveryGoesOn() throws Exception {
    add(tree, b, a);
    add(tree, c, a);
    tree.add(authors.next(tree, new Change.Roles(b.id(), Set.of(Role.ADMIN)), a));
    RosterTree other = copy();
    tree.add(authors.next(tree, new Change.Revoke(b.id(), "by a"), a));
    other.add(authors.next(other, new Change.Revoke(a.id(), "by b"), b));
    for (Entry e : other.entries()) {
      tree.add(e);
    }
    assertEquals(Set.of(c.id()), tree.state().members().keySet());
    tree.add(authors.recovery(tree, new Change.Recover(c.id(), null), Authors.RECOVERY_SEED));
    assertTrue(tree.state().members().get(c.id()).admin());
    assertEquals(Set.of(c.id()), tree.state().members().keySet());
  }

  @Test
  void theOrderInWhichEntriesComeDoesNotMatter() throws Exception {
    add(tree, b, a);
    tree.add(authors.next(tree, new Change.Roles(b.id(), Set.of(Role.ADMIN)), a));
    RosterTree other = copy();
    add(tree, c, a);
    MemoryIdentity rotated = b.rotated(700);
    other.add(authors.next(other, new Change.Rotate(b.id(), rotated.keys()), b, rotated));
    add(other, d, rotated);
    List<Entry> all = new ArrayList<>(tree.entries());
    other.entries().stream().filter(e -> !all.contains(e)).forEach(all::add);
    Hash expected = null;
    Random random = new Random(3);
    for (int round = 0; round < 20; round++) {
      Collections.shuffle(all, random);
      RosterTree fresh = authors.tree();
      List<Entry> left = new ArrayList<>(all);
      while (!left.isEmpty()) { // parents first, otherwise in this order
        for (Entry e : List.copyOf(left)) {
          try {
            fresh.add(e);
            left.remove(e);
          } catch (InvalidEntryException ex) {
            assertEquals(Reason.WRONG_PLACE, ex.reason());
          }
        }
      }
      expected = expected == null ? fresh.state().head() : expected;
      assertEquals(expected, fresh.state().head(), "round " + round);
    }
  }

  // ---- bytes

  @Test
  void aRosterIsReadBackFromItsBytes() throws Exception {
    add(tree, b, a);
    MemoryIdentity next = a.rotated(55);
    tree.add(authors.next(tree, new Change.Rotate(a.id(), next.keys()), a, next));
    tree.add(authors.next(tree, new Change.Policy(2, Suite.MAX), next));
    tree.add(authors.next(tree, new Change.Revoke(b.id(), "ünïcode"), next));
    byte[] bytes = RosterFile.encode(tree.entries());
    RosterTree again = authors.tree();
    for (Entry e : RosterFile.decode(bytes)) {
      again.add(e);
    }
    assertEquals(tree.state().head(), again.state().head());
    assertEquals(Suite.MAX, again.state().suite());
    assertArrayEquals(bytes, RosterFile.encode(again.entries()));
  }

  @Test
  void alteredCutAndRandomBytesNeverBecomeAnotherRoster() throws Exception {
    add(tree, b, a);
    byte[] entry = EntryCodec.encode(tree.entries().get(1));
    Random random = new Random(9);
    for (int i = 0; i < 3_000; i++) {
      byte[] bad = entry.clone();
      int at = random.nextInt(bad.length);
      bad[at] ^= (byte) (1 << random.nextInt(8));
      RosterTree fresh = authors.tree();
      fresh.add(tree.entries().get(0));
      boolean accepted = false;
      try {
        accepted = fresh.add(EntryCodec.decode(bad)) && fresh.state().index() == 1;
      } catch (MalformedInputException | InvalidEntryException e) {
        continue;
      }
      assertFalse(accepted, "a flipped bit in byte " + at + " was accepted");
    }
    for (int length = 0; length < entry.length; length += 37) {
      byte[] cut = Arrays.copyOf(entry, length);
      assertThrows(MalformedInputException.class, () -> EntryCodec.decode(cut));
    }
    for (int i = 0; i < 20_000; i++) {
      byte[] noise = new byte[random.nextInt(300)];
      random.nextBytes(noise);
      assertThrows(MalformedInputException.class, () -> EntryCodec.decode(noise));
      assertThrows(MalformedInputException.class, () -> RosterFile.decode(noise));
    }
  }
}
