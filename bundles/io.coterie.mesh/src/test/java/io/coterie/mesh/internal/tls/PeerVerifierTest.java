package io.coterie.mesh.internal.tls;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.coterie.base.seam.Clock;
import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.DeviceKeys;
import io.coterie.mesh.api.Peer;
import io.coterie.mesh.internal.TestIdentities;
import io.coterie.mesh.internal.tls.RefusedPeerException.Reason;
import io.coterie.testkit.MemoryIdentity;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Whose certificate is taken, and why one is refused. */
class PeerVerifierTest {
  private static final long NOW_SECONDS = 1_800_000_000L;

  private final MemoryIdentity known = TestIdentities.make("known");
  private Peer trusted = new Peer(known.id(), "known", List.of(), known.keys());
  private final PeerVerifier verifier =
      new PeerVerifier(
          TestIdentities.crypto(),
          id -> id.equals(trusted.id()) ? Optional.of(trusted) : Optional.empty(),
          new FixedClock());

  private static final class FixedClock implements Clock {
    @Override
    public long wallMillis() {
      return NOW_SECONDS * 1000;
    }

    @Override
    public long monotonicNanos() {
      return 0;
    }
  }

  private Reason refusal(byte[] certificate, Suite suite) {
    return assertThrows(RefusedPeerException.class, () -> verifier.verify(certificate, suite))
        .reason();
  }

  @Test
  void aTrustedDevicesSessionIsTakenInBothSuites() throws Exception {
    for (Suite suite : Suite.values()) {
      byte[] der = known.session(suite).certificate();
      assertEquals(known.id(), verifier.verify(der, suite).id());
      assertArrayEquals(
          verifier.verify(der, suite).ed25519(), verifier.verify(der, suite).ed25519());
    }
  }

  @Test
  void aSessionOfAnotherSuiteIsRefused() throws Exception {
    assertEquals(
        Reason.BAD_CERTIFICATE, refusal(known.session(Suite.STANDARD).certificate(), Suite.MAX));
    assertEquals(
        Reason.BAD_CERTIFICATE, refusal(known.session(Suite.MAX).certificate(), Suite.STANDARD));
  }

  @Test
  void anUnknownDeviceIsRefused() throws Exception {
    MemoryIdentity stranger = TestIdentities.make("stranger");
    assertEquals(
        Reason.UNKNOWN_DEVICE,
        refusal(stranger.session(Suite.STANDARD).certificate(), Suite.STANDARD));
  }

  @Test
  void keysOfAnotherGenerationAreRefused() throws Exception {
    MemoryIdentity rotated = known.rotated(4711);
    byte[] next = rotated.session(Suite.STANDARD).certificate();
    assertEquals(Reason.OTHER_GENERATION, refusal(next, Suite.STANDARD));
    trusted = new Peer(known.id(), "known", List.of(), rotated.keys());
    assertEquals(known.id(), verifier.verify(next, Suite.STANDARD).id());
    assertEquals(
        Reason.OTHER_GENERATION,
        refusal(known.session(Suite.STANDARD).certificate(), Suite.STANDARD));
  }

  @Test
  void aSessionThatIsOverOrNotBegunIsRefusedAsAMatterOfClocks() throws Exception {
    known.limitSessions(NOW_SECONDS + 3600, NOW_SECONDS + 7200);
    assertEquals(
        Reason.CLOCK, refusal(known.session(Suite.STANDARD).certificate(), Suite.STANDARD));
    known.limitSessions(NOW_SECONDS - 7200, NOW_SECONDS - 1);
    assertEquals(
        Reason.CLOCK, refusal(known.session(Suite.STANDARD).certificate(), Suite.STANDARD));
  }

  @Test
  void oneOfTheTwoSignaturesIsNotEnough() throws Exception {
    byte[] der = known.session(Suite.STANDARD).certificate();
    byte[] classical = der.clone();
    classical[classical.length - 3] ^= 1; // the outer signature is last
    assertEquals(Reason.BAD_SIGNATURE, refusal(classical, Suite.STANDARD));
    int at = indexOf(der, known.id().toByteArray()) + 32 + 8 + 4 + 32 + 4 + 100;
    byte[] postQuantum = der.clone();
    postQuantum[at] ^= 1; // inside the extension; the outer signature is wrong then as well
    assertEquals(Reason.BAD_SIGNATURE, refusal(postQuantum, Suite.STANDARD));
    // Half-made: everything by the device but with another post-quantum key.
    MemoryIdentity half = TestIdentities.make("half");
    trusted =
        new Peer(
            half.id(),
            "half",
            List.of(),
            new DeviceKeys(1, half.keys().ed25519(), known.keys().mlDsa87(), half.keys().kem()));
    assertEquals(
        Reason.BAD_SIGNATURE, refusal(half.session(Suite.STANDARD).certificate(), Suite.STANDARD));
    trusted =
        new Peer(
            half.id(),
            "half",
            List.of(),
            new DeviceKeys(1, known.keys().ed25519(), half.keys().mlDsa87(), half.keys().kem()));
    assertEquals(
        Reason.BAD_SIGNATURE, refusal(half.session(Suite.STANDARD).certificate(), Suite.STANDARD));
  }

  private static int indexOf(byte[] all, byte[] part) {
    for (int i = 0; i + part.length <= all.length; i++) {
      if (Arrays.equals(all, i, i + part.length, part, 0, part.length)) {
        return i;
      }
    }
    throw new AssertionError("the id is not in the certificate");
  }

  @Test
  void noiseCutsAndFlippedBytesNeverPass() throws Exception {
    byte[] der = known.session(Suite.STANDARD).certificate();
    for (int at = 0; at < der.length; at += 61) {
      byte[] bad = der.clone();
      bad[at] ^= 0x11;
      refusal(bad, Suite.STANDARD);
      refusal(Arrays.copyOf(der, at), Suite.STANDARD);
    }
    refusal(new byte[20_000], Suite.STANDARD);
    refusal(Arrays.copyOf(der, der.length + 1), Suite.STANDARD);
  }
}
