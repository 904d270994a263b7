package io.coterie.mesh.internal;

import io.coterie.base.seam.Clock;
import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.PairingDoor;
import io.coterie.mesh.api.Roster;
import io.coterie.mesh.internal.tls.ClientHello;
import io.coterie.mesh.internal.tls.HelloToken;
import java.util.ArrayList;
import java.util.List;
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

    /** It may ask for the roster. */
    record AskForRoster() implements Decision {}

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
    if (token.kind() == HelloToken.Kind.PAIRING) {
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
    long now = clock.wallMillis();
    if (token.kind() == HelloToken.Kind.ROSTER) {
      return mayAsk(token, offer.random(), view, now)
          ? new Decision.AskForRoster()
          : new Decision.Refused("BAD_TOKEN");
    }
    if (offer.suite().compareTo(view.suite()) < 0) {
      return new Decision.Refused("WEAK_SUITE");
    }
    boolean fits =
        token.fitsMember(view.linkSecret(), offer.random(), self.get(), now)
            || token.fitsMember(view.lastLinkSecret(), offer.random(), self.get(), now);
    return fits ? new Decision.Link() : new Decision.Refused("BAD_TOKEN");
  }

  /** Who slept long knows only an old secret; it hears the roster all the same. */
  private boolean mayAsk(HelloToken token, byte[] random, Roster.View view, long now) {
    List<byte[]> secrets = new ArrayList<>(view.oldLinkSecrets());
    secrets.add(view.linkSecret());
    secrets.add(view.lastLinkSecret());
    return secrets.stream().anyMatch(s -> token.fitsMember(s, random, self.get(), now));
  }

  /** The suite for a link: what was asked for, but never below that of the roster. */
  Suite atLeast(Suite wanted) {
    Suite least = roster.view().map(Roster.View::suite).orElse(Suite.STANDARD);
    return wanted.compareTo(least) < 0 ? least : wanted;
  }
}
