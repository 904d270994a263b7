package io.coterie.mesh.internal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.LinkStatus;
import io.coterie.mesh.api.Stream;
import io.coterie.mesh.api.StreamClass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("S0-7.2")
@Timeout(60)
class LinkServiceTest {
  private static final long WAIT = 20_000;

  @TempDir Path scratch;
  private TestDevice a;
  private TestDevice b;

  @BeforeEach
  void twoDevicesThatTrustEachOther() throws Exception {
    a = new TestDevice("a", Files.createDirectory(scratch.resolve("a")));
    b = new TestDevice("b", Files.createDirectory(scratch.resolve("b")));
    a.trust(b, true);
    b.trust(a, true);
    b.serve("echo", LinkServiceTest::echo);
  }

  @AfterEach
  void close() {
    a.close();
    b.close();
  }

  static void echo(Stream stream) throws IOException {
    byte[] buffer = new byte[8192];
    for (int n = stream.read(buffer, 0, buffer.length, WAIT);
        n >= 0;
        n = stream.read(buffer, 0, buffer.length, WAIT)) {
      stream.write(buffer, 0, n, WAIT);
    }
    stream.finish();
    stream.awaitPeerEnd(WAIT);
  }

  /** Sends pseudo-random bytes through the echo and compares what comes back. */
  private void roundTrip(StreamClass streamClass, int length, Runnable halfWay) throws Exception {
    try (Stream stream = a.mesh.open(b.identity.id(), "echo", streamClass, WAIT)) {
      AtomicReference<Throwable> failure = new AtomicReference<>();
      Thread reader = new Thread(() -> compare(stream, length, failure));
      reader.start();
      byte[] chunk = new byte[10_007];
      Random random = new Random(42);
      int sent = 0;
      boolean called = false;
      while (sent < length) {
        random.nextBytes(chunk);
        int part = Math.min(chunk.length, length - sent);
        stream.write(chunk, 0, part, WAIT);
        sent += part;
        if (!called && sent > length / 2) {
          called = true;
          halfWay.run();
        }
      }
      stream.finish();
      reader.join();
      assertNull(failure.get());
    }
  }

  private static void compare(Stream stream, int length, AtomicReference<Throwable> failure) {
    try {
      byte[] expected = new byte[10_007];
      byte[] got = new byte[10_007];
      Random random = new Random(42);
      int at = 0;
      while (at < length) {
        random.nextBytes(expected);
        int part = Math.min(expected.length, length - at);
        int done = 0;
        while (done < part) {
          int n = stream.read(got, done, part - done, WAIT);
          assertTrue(n > 0, "the stream ended after " + (at + done));
          done += n;
        }
        for (int i = 0; i < part; i++) {
          if (expected[i] != got[i]) {
            throw new AssertionError("byte " + (at + i));
          }
        }
        at += part;
      }
      assertEquals(-1, stream.read(got, 0, 1, WAIT));
    } catch (IOException | AssertionError e) {
      failure.set(e);
    }
  }

  @Test
  void bytesCrossInBothDirectionsUnchanged() throws Exception {
    roundTrip(StreamClass.BULK, 5_000_000, () -> {});
    roundTrip(StreamClass.RPC, 300_000, () -> {});
  }

  @Test
  void aLinkWorksTheSameWithTheLibrarysRecordsAtOneEnd() throws Exception {
    b.crypto.recordsBy("library");
    roundTrip(StreamClass.BULK, 3_000_000, () -> change(a, b, Suite.MAX, new AtomicReference<>()));
    assertEquals(Suite.MAX, a.mesh.links().get(0).suite());
    roundTrip(StreamClass.RPC, 100_000, () -> {});
  }

  @Test
  void aLinkUsesTheHybridGroupOfItsSuite() throws Exception {
    roundTrip(StreamClass.RPC, 10, () -> {});
    LinkStatus status = a.mesh.links().get(0);
    assertEquals(Suite.STANDARD, status.suite());
    assertEquals(b.identity.id(), status.peer());
    assertEquals(a.identity.id(), b.mesh.links().get(0).peer());
  }

  @Test
  void aLinkMovesToAnotherSuiteAndBackWhileBytesFlow() throws Exception {
    roundTrip(
        StreamClass.BULK,
        8_000_000,
        () -> {
          for (Suite suite : new Suite[] {Suite.MAX, Suite.STANDARD, Suite.MAX}) {
            try {
              LinkStatus moved = a.mesh.changeSuite(b.identity.id(), suite, WAIT);
              assertEquals(suite, moved.suite());
              await(() -> settled(a) && settled(b));
            } catch (IOException e) {
              throw new AssertionError(e);
            }
          }
        });
    assertEquals(4, a.mesh.links().get(0).generation());
    assertEquals(Suite.MAX, b.mesh.links().get(0).suite());
    assertEquals(1, a.mesh.links().size());
  }

  @Test
  void aRenewalThatComesLateDoesNotUndoAMove() throws Exception {
    roundTrip(StreamClass.RPC, 10, () -> {});
    LinkStatus before = a.mesh.links().get(0);
    a.mesh.changeSuite(b.identity.id(), Suite.MAX, WAIT);
    a.mesh.mover().move(before.linkId(), Suite.STANDARD, before.generation(), WAIT);
    assertEquals(Suite.MAX, a.mesh.links().get(0).suite());
    assertEquals(before.generation() + 1, a.mesh.links().get(0).generation());
  }

  @Test
  void bothSidesMayMoveTheLinkAtTheSameTimeWhileBytesFlow() throws Exception {
    roundTrip(
        StreamClass.BULK,
        6_000_000,
        () -> {
          for (int i = 0; i < 12; i++) {
            Suite one = i % 2 == 0 ? Suite.MAX : Suite.STANDARD;
            Suite other = i % 3 == 0 ? Suite.MAX : Suite.STANDARD;
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Thread there = new Thread(() -> change(b, a, other, failure));
            there.start();
            change(a, b, one, failure);
            try {
              there.join();
            } catch (InterruptedException e) {
              throw new AssertionError(e);
            }
            assertNull(failure.get(), () -> "round: " + failure.get());
            await(() -> settled(a) && settled(b));
          }
        });
    assertEquals(1, a.mesh.links().size());
    assertEquals(a.mesh.links().get(0).suite(), b.mesh.links().get(0).suite());
    assertEquals(a.mesh.links().get(0).generation(), b.mesh.links().get(0).generation());
  }

  private static void change(
      TestDevice from, TestDevice to, Suite suite, AtomicReference<Throwable> failure) {
    try {
      from.mesh.changeSuite(to.identity.id(), suite, WAIT);
    } catch (IOException | RuntimeException e) {
      failure.set(e);
    }
  }

  private static boolean settled(TestDevice device) {
    return device.mesh.settled();
  }

  private interface Condition {
    boolean holds();
  }

  private static void await(Condition condition) {
    for (int i = 0; i < 1000 && !condition.holds(); i++) {
      try {
        Thread.sleep(10);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
    assertTrue(condition.holds());
  }

  @Test
  void callsAreAnsweredAndErrorsArriveAsTheyWere() throws Exception {
    b.answer(
        "upper",
        (peer, request) -> new String(request, UTF_8).toUpperCase(Locale.ROOT).getBytes(UTF_8));
    b.answer(
        "refuse",
        (peer, request) -> {
          throw CoterieException.of("COT-9999", ExitCode.REFUSED, "no", "ask later");
        });
    DeviceId to = b.identity.id();
    assertArrayEquals(
        "HELLO".getBytes(UTF_8), a.mesh.call(to, "upper", "hello".getBytes(UTF_8), WAIT));
    CoterieException refused =
        assertThrows(CoterieException.class, () -> a.mesh.call(to, "refuse", new byte[0], WAIT));
    assertEquals("COT-9999", refused.code());
    assertEquals(ExitCode.REFUSED, refused.exit());
    assertEquals("ask later", refused.next());
  }

  @Test
  void anUnknownServiceIsRefused() {
    assertThrows(
        IOException.class, () -> a.mesh.call(b.identity.id(), "nobody", new byte[0], 5_000));
  }

  @Test
  void endingTheTrustCutsTheLinkAndItsStreams() throws Exception {
    Stream stream = a.mesh.open(b.identity.id(), "echo", StreamClass.BULK, WAIT);
    b.peers.list.clear();
    b.mesh.removed(a.identity.id());
    assertThrows(IOException.class, () -> stream.read(new byte[1], 0, 1, WAIT));
    assertThrows(
        IOException.class, () -> a.mesh.open(b.identity.id(), "echo", StreamClass.BULK, 5_000));
    await(() -> b.mesh.refusals().getOrDefault("UNKNOWN_DEVICE", 0L) >= 1);
  }

  @Test
  void aDeviceThatIsNotTrustedIsRefusedAndCounted() throws Exception {
    try (TestDevice stranger = new TestDevice("x", Files.createDirectory(scratch.resolve("x")))) {
      stranger.trust(b, true);
      assertThrows(
          IOException.class,
          () -> stranger.mesh.open(b.identity.id(), "echo", StreamClass.RPC, 5_000));
      await(() -> b.mesh.refusals().getOrDefault("UNKNOWN_DEVICE", 0L) == 1);
      assertEquals(0, b.mesh.links().size());
      assertEquals(1, b.audited.size());
      String said = b.audited.get(0);
      assertTrue(said.startsWith("device-refused UNKNOWN_DEVICE"), said);
      assertTrue(said.contains(stranger.identity.id().shortForm()), said);
      assertThrows(
          IOException.class,
          () -> stranger.mesh.open(b.identity.id(), "echo", StreamClass.RPC, 5_000));
      await(() -> b.mesh.refusals().getOrDefault("UNKNOWN_DEVICE", 0L) == 2);
      assertEquals(1, b.audited.size(), "once a minute, not once a connection");
    }
  }

  @Test
  void anotherDeviceAtThePeersAddressIsRefused() throws Exception {
    try (TestDevice impostor =
        new TestDevice("i", Files.createDirectory(scratch.resolve("i")), false)) {
      impostor.trust(a, false);
      a.trust(impostor, false);
      a.peers.list.removeIf(p -> p.id().equals(b.identity.id()));
      a.peers.list.add(TestDevice.peer(b.identity, impostor.address));
      IOException refused =
          assertThrows(
              IOException.class,
              () -> a.mesh.open(b.identity.id(), "echo", StreamClass.RPC, 5_000));
      assertTrue(refused.getMessage().contains("another device"), refused.getMessage());
    }
  }

  @Test
  @Tag("S0-1.10")
  void keysAreRenewedWhileBytesFlowAndNoneIsLost() throws Exception {
    try (TestDevice c =
            new TestDevice("c", Files.createDirectory(scratch.resolve("c")), true, 1_000);
        TestDevice d =
            new TestDevice("d", Files.createDirectory(scratch.resolve("d")), true, 1_000)) {
      c.trust(d, true);
      d.trust(c, true);
      d.serve("echo", LinkServiceTest::echo);
      Random random = new Random(1);
      try (Stream stream = c.mesh.open(d.identity.id(), "echo", StreamClass.BULK, WAIT)) {
        byte[] sent = new byte[50_000];
        byte[] back = new byte[sent.length];
        for (int i = 0; i < 2_000 && c.mesh.links().get(0).generation() < 4; i++) {
          random.nextBytes(sent);
          stream.write(sent, 0, sent.length, WAIT);
          for (int n = 0; n < back.length; ) {
            n += stream.read(back, n, back.length - n, WAIT);
          }
          assertArrayEquals(sent, back, "round " + i);
          Thread.sleep(5);
        }
      }
      assertTrue(c.mesh.links().get(0).generation() >= 4, "" + c.mesh.links());
      assertEquals(1, c.mesh.links().size());
    }
  }

  // ---- the token of the first record

  private void refusedAtTheDoor(String reason) {
    assertThrows(
        IOException.class, () -> a.mesh.open(b.identity.id(), "echo", StreamClass.RPC, 5_000));
    await(() -> b.mesh.refusals().getOrDefault(reason, 0L) >= 1);
    assertEquals(0, b.mesh.links().size());
  }

  @Test
  void aMemberWithoutTheSecretOfThisEpochIsTurnedAwayBeforeAnyCryptography() {
    a.coterie.secret = new byte[] {9};
    refusedAtTheDoor("BAD_TOKEN");
  }

  @Test
  void theSecretOfTheEpochBeforeIsStillGood() throws Exception {
    a.coterie.secret = new byte[] {9};
    b.coterie.last = new byte[] {9};
    a.mesh.open(b.identity.id(), "echo", StreamClass.RPC, 5_000).close();
  }

  @Test
  @Tag("S0-1.5")
  void aSuiteBelowThatOfTheRosterIsRefusedOnBothSides() throws Exception {
    b.coterie.least = Suite.MAX;
    refusedAtTheDoor("WEAK_SUITE");
    a.coterie.least = Suite.MAX;
    a.mesh.open(b.identity.id(), "echo", StreamClass.RPC, 5_000).close();
    assertEquals(Suite.MAX, a.mesh.links().get(0).suite());
  }

  @Test
  void aStrongerSuiteThanAskedForIsTaken() throws Exception {
    a.coterie.least = Suite.MAX;
    a.mesh.open(b.identity.id(), "echo", StreamClass.RPC, 5_000).close();
    assertEquals(Suite.MAX, a.mesh.links().get(0).suite());
  }
}
