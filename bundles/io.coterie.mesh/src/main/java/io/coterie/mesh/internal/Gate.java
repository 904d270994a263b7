package io.coterie.mesh.internal;

import io.coterie.base.seam.Clock;
import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.PairingDoor;
import io.coterie.mesh.api.Roster;
import io.coterie.mesh.internal.tls.ClientHello;
import io.coterie.mesh.internal.tls.HelloToken;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Decides about a stranger's first record before any cryptography worth the name is done for it:
 * members pass, holders of an open invitation pass to the pairing, everybody else leaves.
 * Thread-safe.
 */
final class Gate {
  private final Supplier<DeviceId> self;
  private final Roster roster;
  private final Supplier<PairingDoor> door;
  private final Clock clock;
  private final boolean tokensRequired;

  /**
   * For one device.
   *
   * @param door null while nobody invites
   * @param tokensRequired false only for tests with foreign TLS clients
   */
  Gate(
      Supplier<DeviceId> self,
      Roster roster,
      Supplier<PairingDoor> door,
      Clock clock,
      boolean tokensRequired) {
    this.self = self;
    this.roster = roster;
    this.door = door;
    this.clock = clock;
    this.tokensRequired = tokensRequired;
  }

  /** What is to be done with a connection. */
  sealed interface Decision {
    /** It may become a link. */
    record Link() implements Decision {}

    /** It may become a pairing. */
    record Pairing(byte[] inviteId, byte[] secret) implements Decision {}

    /** It is turned away, counted under a word. */
    record Refused(String reason) implements Decision {}
  }

  Decision decide(ClientHello.Offer offer) {
    HelloToken token = offer.token();
    if (!tokensRequired) {
      return new Decision.Link();
    }
    if (token == null) {
      return new Decision.Refused("NO_TOKEN");
    }
    if (token.pairing()) {
      PairingDoor host = door.get();
      Optional<byte[]> secret = host == null ? Optional.empty() : host.secret(token.inviteId());
      return secret.isPresent() && token.fitsPairing(secret.get(), offer.random())
          ? new Decision.Pairing(token.inviteId(), secret.get())
          : new Decision.Refused("NO_INVITATION");
    }
    Roster.View view = roster.view().orElse(null);
    if (view == null) {
      return new Decision.Refused("NO_COTERIE");
    }
    if (offer.suite().compareTo(view.suite()) < 0) {
      return new Decision.Refused("WEAK_SUITE");
    }
    long now = clock.wallMillis();
    boolean fits =
        token.fitsLink(view.linkSecret(), offer.random(), self.get(), now)
            || token.fitsLink(view.lastLinkSecret(), offer.random(), self.get(), now);
    return fits ? new Decision.Link() : new Decision.Refused("BAD_TOKEN");
  }

  /** The suite for a link: what was asked for, but never below that of the roster. */
  Suite atLeast(Suite wanted) {
    Suite least = roster.view().map(Roster.View::suite).orElse(Suite.STANDARD);
    return wanted.compareTo(least) < 0 ? least : wanted;
  }
}
