package io.coterie.identity.internal.pairing;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.Entropy;
import io.coterie.mesh.api.PairingDoor;
import io.coterie.mesh.api.Role;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The invitations that are open. They live in memory: a restart of the device ends them.
 * Thread-safe.
 */
final class Invites {
  private static final int MAX_OPEN = 16;

  private final Clock clock;
  private final Entropy entropy;
  private final Map<String, Invite> byId = new LinkedHashMap<>();

  Invites(Clock clock, Entropy entropy) {
    this.clock = clock;
    this.entropy = entropy;
  }

  /** Where an invitation stands. */
  enum State {
    OPEN,
    TAKEN,
    JOINED,
    FAILED
  }

  /**
   * One invitation.
   *
   * @param confirmed true when the secret alone lets the guest in, without a look at the words
   * @param untilMillis monotonic
   */
  record Invite(
      byte[] id,
      byte[] secret,
      Set<Role> roles,
      boolean confirmed,
      long untilMillis,
      State state,
      String outcome) {
    String key() {
      return HexFormat.of().formatHex(id);
    }

    Invite in(State next, String text) {
      return new Invite(id, secret, roles, confirmed, untilMillis, next, text);
    }

    @Override
    public String toString() {
      return "Invite[" + key() + " " + state + "]";
    }
  }

  synchronized Invite open(Set<Role> roles, boolean confirmed, long validMillis) {
    long now = clock.monotonicMillis();
    byId.values().removeIf(i -> i.untilMillis() < now);
    long open = byId.values().stream().filter(i -> i.state() == State.OPEN).count();
    if (open >= MAX_OPEN) {
      throw CoterieException.of(
          "COT-0326",
          ExitCode.REFUSED,
          MAX_OPEN + " invitations are open, which is the limit",
          "wait for one to be used or to end");
    }
    Invite invite =
        new Invite(
            entropy.bytes(PairingDoor.INVITE_ID_BYTES),
            entropy.bytes(Token.SECRET_BYTES),
            roles,
            confirmed,
            now + validMillis,
            State.OPEN,
            "");
    byId.put(invite.key(), invite);
    return invite;
  }

  /** An invitation that may still be claimed. */
  synchronized Optional<Invite> open(byte[] id) {
    return Optional.ofNullable(byId.get(HexFormat.of().formatHex(id)))
        .filter(i -> i.state() == State.OPEN && i.untilMillis() >= clock.monotonicMillis());
  }

  /** Takes it for one guest; a second one finds it taken. */
  synchronized boolean take(Invite invite) {
    if (open(invite.id()).isEmpty()) {
      return false;
    }
    byId.put(invite.key(), invite.in(State.TAKEN, ""));
    return true;
  }

  synchronized void end(Invite invite, State state, String outcome) {
    byId.put(invite.key(), invite.in(state, outcome));
    notifyAll();
  }

  synchronized Invite get(String key) {
    return byId.get(key);
  }

  /** Waits until it is used up or over. */
  synchronized Invite await(String key) throws InterruptedException {
    Invite invite = byId.get(key);
    while (invite != null
        && (invite.state() == State.OPEN || invite.state() == State.TAKEN)
        && (invite.state() == State.TAKEN || invite.untilMillis() > clock.monotonicMillis())) {
      wait(500);
      invite = byId.get(key);
    }
    return invite;
  }
}
