package io.coterie.identity.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.base.device.DeviceHome;
import io.coterie.base.error.CoterieException;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.aead.internal.AeadProviders;
import io.coterie.crypto.api.Aead;
import io.coterie.crypto.api.KeyVault;
import io.coterie.crypto.api.Suite;
import io.coterie.crypto.mlkem.internal.HybridMlKem1024;
import io.coterie.identity.internal.roster.Change;
import io.coterie.identity.internal.roster.Entry;
import io.coterie.identity.internal.roster.EntrySignature;
import io.coterie.mesh.api.DeviceCard;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.DeviceKeys;
import io.coterie.testkit.ManualClock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("S0-1.10")
@Tag("S2-2.3")
class KeyRotationTest {
  private static final long DAY_MILLIS = 24L * 3_600_000;

  @TempDir Path scratch;
  private final ManualClock clock = new ManualClock(1_800_000_000_000L);
  private final KeyVault vault = new PlainVault();
  private FileIdentity identity;
  private RosterKeeper keeper;
  private KeyRotation rotation;

  @BeforeEach
  void aCoterieOfOne() throws Exception {
    restart();
    keeper.begin(
        new Change.Genesis(
            new byte[16],
            "home",
            new byte[32],
            DeviceCard.of("a", identity),
            0,
            Suite.STANDARD,
            null));
  }

  private void restart() {
    DeviceHome home = new DeviceHome("a", scratch);
    Signing signing = TestKeys.signing();
    identity = new FileIdentity(home, clock, new SystemEntropy(), signing, vault);
    identity.bindKem(new HybridMlKem1024());
    identity.bindAead(AeadProviders.usual(Aead.AES_256_GCM));
    identity.bindCertificates(TestKeys.ALGORITHMS.certificates());
    keeper = new RosterKeeper(home, identity, signing, clock);
    rotation = new KeyRotation(identity, keeper, clock);
    rotation.finish();
  }

  @Test
  void theIdStaysAndTheRosterKnowsTheNewKeys() throws Exception {
    DeviceId id = identity.id();
    byte[] box = identity.seal(identity.keys().kem(), "test", new byte[] {1, 2, 3});
    byte[] session = identity.session(Suite.STANDARD).certificate();
    assertEquals(2, rotation.rotate());
    assertEquals(3, rotation.rotate());
    assertEquals(id, identity.id());
    assertEquals(3, keeper.state().members().get(id).keys().generation());
    assertArrayEquals(identity.keys().ed25519(), keeper.state().members().get(id).keys().ed25519());
    assertArrayEquals(new byte[] {1, 2, 3}, identity.unseal("test", box), "volumes still open");
    byte[] next = identity.session(Suite.STANDARD).certificate();
    assertFalse(Arrays.equals(session, next), "a fresh session with the new keys");
    restart();
    assertEquals(id, identity.id());
    assertEquals(3, identity.keys().generation());
    assertArrayEquals(new byte[] {1, 2, 3}, identity.unseal("test", box));
  }

  @Test
  @Tag("S1-3.4")
  void keysAreRotatedWhenTheyAreThirtyDaysOld() {
    assertFalse(rotation.rotateWhenDue());
    clock.advance(29 * DAY_MILLIS);
    assertFalse(rotation.rotateWhenDue());
    clock.advance(DAY_MILLIS);
    assertTrue(rotation.rotateWhenDue());
    assertEquals(2, identity.keys().generation());
    assertFalse(rotation.rotateWhenDue());
    clock.advance(30 * DAY_MILLIS);
    assertTrue(rotation.rotateWhenDue());
  }

  @Test
  void aSessionLivesForADay() throws Exception {
    byte[] first = identity.session(Suite.STANDARD).certificate();
    clock.advance(DAY_MILLIS - 1);
    assertArrayEquals(first, identity.session(Suite.STANDARD).certificate());
    clock.advance(1);
    assertFalse(Arrays.equals(first, identity.session(Suite.STANDARD).certificate()));
  }

  @Test
  void aCrashBeforeTheRosterKnewLeavesTheOldKeys() throws Exception {
    identity.prepareNext();
    restart();
    assertEquals(1, identity.keys().generation());
    assertEquals(2, rotation.rotate());
  }

  @Test
  void aCrashAfterTheRosterKnewIsFinished() throws Exception {
    DeviceKeys next = identity.prepareNext();
    Entry entry = keeper.draft(new Change.Rotate(identity.id(), next));
    List<EntrySignature> both = new ArrayList<>(entry.signatures());
    both.add(
        new EntrySignature(identity.id(), 2, identity.signWithNext(Entry.PURPOSE, entry.body())));
    keeper.append(entry.withSignatures(both));
    restart();
    assertEquals(2, identity.keys().generation());
    assertEquals(3, rotation.rotate());
  }

  @Test
  void outsideACoterieThereIsNothingToRotate() throws Exception {
    Files.delete(scratch.resolve("roster"));
    restart();
    assertEquals("COT-0310", assertThrows(CoterieException.class, rotation::rotate).code());
    assertFalse(rotation.rotateWhenDue());
  }

  @Test
  void aRotationThatLosesAForkIsMadeAgainAndNobodyIsLockedOut() throws Exception {
    DeviceId id = identity.id();
    // The same device, an hour ago, on another branch: two policies outweigh one rotation.
    Entry one = keeper.draft(new Change.Policy(1, Suite.STANDARD));
    assertEquals(2, rotation.rotate());
    RosterKeeper elsewhere = elsewhere(one);
    keeper.take(elsewhere.look(tree -> tree.entries()));
    assertEquals(1, keeper.state().members().get(id).keys().generation(), "the rotation lost");
    rotation.finish();
    assertEquals(2, identity.keys().generation());
    assertEquals(2, keeper.state().members().get(id).keys().generation());
    assertArrayEquals(identity.keys().ed25519(), keeper.state().members().get(id).keys().ed25519());
    restart();
    assertEquals(3, rotation.rotate());
  }

  /** A copy of the roster before the rotation, with this entry and one more behind it. */
  private RosterKeeper elsewhere(Entry first) throws Exception {
    Path other = Files.createDirectories(scratch.resolve("elsewhere"));
    RosterKeeper copy =
        new RosterKeeper(
            new DeviceHome("x", other), TestKeys.identity("x"), TestKeys.signing(), clock);
    Entry genesis = keeper.look(tree -> tree.chain().get(0));
    copy.accept(copy.trial(List.of(genesis, first)));
    // The second entry was signed with the keys of generation 1, which are kept until now.
    identity.goBack();
    Entry second = signedBy(copy, new Change.Policy(2, Suite.STANDARD));
    copy.append(second);
    identity.prepareNext();
    identity.promoteNext();
    return copy;
  }

  private Entry signedBy(RosterKeeper on, Change change) throws Exception {
    Entry bare =
        new Entry(on.state().index() + 1, on.state().head(), clock.wallMillis(), change, List.of());
    return bare.withSignatures(
        List.of(
            new EntrySignature(
                identity.id(),
                identity.keys().generation(),
                identity.sign(Entry.PURPOSE, bare.body()))));
  }

  @Test
  @Tag("S0-7.8")
  void aDeviceThatBeginsAnewIsAnotherOneAndOpensWhatItHad() throws Exception {
    DeviceId before = identity.id();
    byte[] box = identity.seal(identity.keys().kem(), "test", new byte[] {1, 2, 3});
    byte[] session = identity.session(Suite.STANDARD).certificate();
    rotation.rotate();
    identity.beginAnew();
    assertFalse(before.equals(identity.id()));
    assertTrue(identity.is(before) && identity.is(identity.id()));
    assertFalse(identity.is(DeviceId.of(new byte[32])));
    assertEquals(1, identity.keys().generation());
    assertArrayEquals(new byte[] {1, 2, 3}, identity.unseal("test", box));
    assertFalse(Arrays.equals(session, identity.session(Suite.STANDARD).certificate()));
    DeviceId now = identity.id();
    Files.delete(scratch.resolve("roster"));
    restart();
    assertEquals(now, identity.id());
    assertTrue(identity.is(before));
    for (int i = 0; i < 20; i++) {
      identity.beginAnew();
    }
    assertFalse(identity.is(before), "the oldest ids are forgotten, the file has a bound");
    assertArrayEquals(new byte[] {1, 2, 3}, identity.unseal("test", box));
  }
}
