package io.coterie.identity.internal.pairing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.base.device.DeviceHome;
import io.coterie.base.error.CoterieException;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.SystemClock;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.api.Suite;
import io.coterie.identity.internal.RosterKeeper;
import io.coterie.identity.internal.TestKeys;
import io.coterie.identity.internal.roster.Change;
import io.coterie.mesh.api.Role;
import io.coterie.testkit.MemoryIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A host and guests with real keys; the channel between them may lie. */
@Tag("S0-7.6")
@Tag("S0-8.10")
@Timeout(60)
class PairingTest {
  private static final long HOUR_MILLIS = 3_600_000;

  @TempDir Path scratch;
  private final AtomicLong hostClockOffset = new AtomicLong();
  private final AtomicLong guestClockOffset = new AtomicLong();
  private final MemoryIdentity hostId = TestKeys.identity("host");
  private final MemoryIdentity guestId = TestKeys.identity("guest");
  private RosterKeeper hostRoster;
  private RosterKeeper guestRoster;
  private PairingHost host;
  private String confirmedWords;
  private boolean confirms = true;
  private final List<String> audited = new CopyOnWriteArrayList<>();

  private static Clock shifted(AtomicLong offset) {
    SystemClock real = new SystemClock();
    return new Clock() {
      @Override
      public long wallMillis() {
        return real.wallMillis() + offset.get();
      }

      @Override
      public long monotonicNanos() {
        return real.monotonicNanos() + offset.get() * 1_000_000;
      }
    };
  }

  @BeforeEach
  void aCoterieOfOne() throws Exception {
    hostRoster = roster(hostId, "host", shifted(hostClockOffset));
    guestRoster = roster(guestId, "guest", shifted(guestClockOffset));
    begin(hostRoster, hostId);
    host =
        new PairingHost(
            hostRoster,
            TestKeys.signing(),
            hostId,
            (request, timeout) -> {
              confirmedWords = request.words();
              return confirms;
            },
            (event, subject, detail) -> audited.add(event + " " + detail),
            shifted(hostClockOffset),
            new SystemEntropy());
  }

  private RosterKeeper roster(MemoryIdentity identity, String name, Clock clock)
      throws IOException {
    Path home = Files.createDirectories(scratch.resolve(name));
    return new RosterKeeper(new DeviceHome(name, home), identity, TestKeys.signing(), clock);
  }

  private static void begin(RosterKeeper roster, MemoryIdentity founder) throws Exception {
    roster.begin(
        new Change.Genesis(
            new byte[16], "home", new byte[32], founder.card(), 0, Suite.STANDARD, null));
  }

  private Token invite() {
    return host.invite(Set.of(Role.DATA), false, 3 * HOUR_MILLIS, List.of("tcp://host:1"));
  }

  private PairingGuest guest(Wire wire) {
    return new PairingGuest(
        guestRoster,
        TestKeys.signing(),
        guestId,
        new PairingMesh(wire),
        shifted(guestClockOffset),
        new SystemEntropy());
  }

  private Wire wire() {
    return new Wire(host, hostId, guestId);
  }

  private static String code(Runnable act) {
    return assertThrows(CoterieException.class, act::run).code();
  }

  private void nobodyJoined() {
    assertEquals(1, hostRoster.state().members().size());
    assertFalse(guestRoster.joined());
  }

  @Test
  void bothShowTheSameWordsAndTheGuestIsAMember() throws Exception {
    List<String> shown = new ArrayList<>();
    Token token = Token.parse(invite().text());
    PairingGuest.Joined joined = guest(wire()).join(token, "laptop", shown::add);
    assertEquals("laptop", joined.name());
    assertEquals("home", joined.coterie());
    assertEquals(List.of(confirmedWords), shown);
    assertTrue(confirmedWords.matches("[a-z]+-[a-z]+-[a-z]+"), confirmedWords);
    assertEquals(Set.of(Role.DATA), guestRoster.roles(guestId.id()));
    assertEquals(hostRoster.state().head(), guestRoster.state().head());
    assertEquals(hostId.id(), guestRoster.named("host").id());
    // And after a restart of both.
    assertEquals(2, roster(guestId, "guest", new SystemClock()).state().members().size());
  }

  @Test
  void aTokenIsGoodOnce() throws Exception {
    Token token = invite();
    guest(wire()).join(token, "laptop", w -> {});
    MemoryIdentity other = TestKeys.identity("other");
    RosterKeeper otherRoster = roster(other, "other", new SystemClock());
    PairingGuest second =
        new PairingGuest(
            otherRoster,
            TestKeys.signing(),
            other,
            new PairingMesh(new Wire(host, hostId, other)),
            new SystemClock(),
            new SystemEntropy());
    assertEquals("COT-0325", code(() -> second.join(token, "thief", w -> {})));
    assertFalse(otherRoster.joined());
    assertEquals(2, hostRoster.state().members().size());
  }

  @Test
  void anExpiredTokenIsRefusedByBothSides() {
    Token token = invite();
    guestClockOffset.set(4 * HOUR_MILLIS);
    assertEquals("COT-0321", code(() -> guest(wire()).join(token, "x", w -> {})));
    guestClockOffset.set(0);
    hostClockOffset.set(4 * HOUR_MILLIS);
    assertEquals("COT-0325", code(() -> guest(wire()).join(token, "x", w -> {})));
    hostClockOffset.set(0);
    nobodyJoined();
  }

  @Test
  void clocksThatAreTwoHoursApartAreToldApart() {
    Token token = invite();
    guestClockOffset.set(-2 * HOUR_MILLIS);
    assertEquals("COT-0323", code(() -> guest(wire()).join(token, "x", w -> {})));
    nobodyJoined();
    guestClockOffset.set(2 * HOUR_MILLIS);
    Token next = invite();
    assertEquals("COT-0323", code(() -> guest(wire()).join(next, "x", w -> {})));
    nobodyJoined();
  }

  @Test
  void everyAlteredCharacterOfATokenIsNoticed() {
    String text = invite().text();
    for (int at = 0; at < text.length(); at++) {
      char other = text.charAt(at) == 'A' ? 'B' : 'A';
      String altered = text.substring(0, at) + other + text.substring(at + 1);
      assertEquals("COT-0320", code(() -> Token.parse(altered)), "character " + at);
    }
    assertEquals("COT-0320", code(() -> Token.parse(text.substring(0, text.length() - 1))));
    assertEquals("COT-0320", code(() -> Token.parse("")));
    assertEquals("COT-0320", code(() -> Token.parse("x".repeat(10_000))));
  }

  @Test
  void aManInTheMiddleWithHisOwnKeysIsNoticedByTheGuest() {
    // He ends both connections himself: they have different exporters.
    Wire middle = wire();
    middle.exporterOfGuest[0] ^= 1;
    Token token = invite();
    assertEquals("COT-0322", code(() -> guest(middle).join(token, "x", w -> {})));
    nobodyJoined();
  }

  @Test
  void aManInTheMiddleWhoKnowsTheSecretIsNoticedByHisKeys() throws Exception {
    // He has seen the token: he answers as host with a coterie of his own.
    MemoryIdentity thief = TestKeys.identity("thief");
    RosterKeeper thiefRoster = roster(thief, "thief", new SystemClock());
    begin(thiefRoster, thief);
    PairingHost thiefHost =
        new PairingHost(
            thiefRoster,
            TestKeys.signing(),
            thief,
            (r, t) -> true,
            (event, subject, detail) -> {},
            new SystemClock(),
            new SystemEntropy());
    Token his = thiefHost.invite(Set.of(), true, HOUR_MILLIS, List.of("tcp://host:1"));
    Token seen = invite();
    Token mixed =
        new Token(
            his.inviteId(),
            his.secret(),
            seen.coterie(),
            seen.inviter(),
            seen.expiresSeconds(),
            seen.addresses());
    Wire wire = new Wire(thiefHost, thief, guestId);
    assertEquals("COT-0322", code(() -> guest(wire).join(mixed, "x", w -> {})));
    nobodyJoined();
  }

  @Test
  void aGuestThatDoesNotHoldTheKeysOfItsCardIsRefused() {
    Wire wire = new Wire(host, hostId, TestKeys.identity("another"));
    Token token = invite();
    assertEquals("COT-0322", code(() -> guest(wire).join(token, "x", w -> {})));
    nobodyJoined();
  }

  @Test
  void aHostThatShowsAnotherSessionThanTheInvitersIsRefused() {
    Wire wire = new Wire(host, TestKeys.identity("another"), guestId);
    Token token = invite();
    assertEquals("COT-0322", code(() -> guest(wire).join(token, "x", w -> {})));
    assertFalse(guestRoster.joined());
  }

  @Test
  void withoutTheOperatorsWordNobodyIsLetIn() {
    confirms = false;
    Token token = invite();
    assertEquals("COT-0324", code(() -> guest(wire()).join(token, "x", w -> {})));
    assertTrue(audited.get(0).startsWith("pairing-refused COT-0324"), audited.toString());
    nobodyJoined();
  }

  @Test
  void aNonceThatWasNotCommittedToIsRefused() {
    Wire wire = wire();
    wire.alterSecondMessage = true;
    Token token = invite();
    assertEquals("COT-0322", code(() -> guest(wire).join(token, "x", w -> {})));
    nobodyJoined();
  }

  @Test
  void aGuestThatLostTheLastMessageComesAgain() throws Exception {
    Wire wire = wire();
    wire.loseWelcome = true;
    Token first = invite();
    assertEquals("COT-0325", code(() -> guest(wire).join(first, "laptop", w -> {})));
    assertFalse(guestRoster.joined());
    assertEquals(2, hostRoster.state().members().size());
    assertEquals("laptop", guest(wire()).join(invite(), "laptop", w -> {}).name());
    assertEquals(2, guestRoster.state().members().size());
  }

  @Test
  void aTakenNameGetsANumber() throws Exception {
    assertEquals("host2", guest(wire()).join(invite(), "host", w -> {}).name());
  }

  @Test
  void whoIsNoAdminInvitesNobody() throws Exception {
    guest(wire()).join(invite(), "laptop", w -> {});
    PairingHost other =
        new PairingHost(
            guestRoster,
            TestKeys.signing(),
            guestId,
            (r, t) -> true,
            (event, subject, detail) -> {},
            new SystemClock(),
            new SystemEntropy());
    assertEquals(
        "COT-0327", code(() -> other.invite(Set.of(), true, HOUR_MILLIS, List.of("tcp://x:1"))));
  }

  @Test
  void aMemberDoesNotJoinAgain() throws Exception {
    guest(wire()).join(invite(), "laptop", w -> {});
    Token next = invite();
    assertEquals("COT-0312", code(() -> guest(wire()).join(next, "x", w -> {})));
  }

  @Test
  void garbageOfAGuestEndsTheInvitationAndNothingElse() throws Exception {
    for (byte[] noise : new byte[][] {{}, {0}, {1}, new byte[5_000], {1, 0, 0, 0, 0, 0, 0, 0, 1}}) {
      Token token = invite();
      Wire wire = wire();
      wire.guestSays(token, noise);
      nobodyJoined();
    }
    guest(wire()).join(invite(), "laptop", w -> {});
  }
}
