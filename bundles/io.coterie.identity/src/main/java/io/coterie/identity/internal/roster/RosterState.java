package io.coterie.identity.internal.roster;

import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.DeviceId;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a chain of entries says. Immutable.
 *
 * @param members active devices by id, in the order in which they came
 * @param revoked devices that are gone for ever, and why
 * @param head the hash of the last entry
 * @param epoch the hash of the last genesis, revocation or recovery
 * @param threshold as configured, 0 for the default
 * @param recovery null when there is none
 */
public record RosterState(
    Change.Genesis genesis,
    long index,
    Hash head,
    Hash epoch,
    Map<DeviceId, Member> members,
    Map<DeviceId, String> revoked,
    int threshold,
    Suite suite,
    RecoveryKeys recovery) {
  /** From this many devices on, two admins must sign by default. */
  private static final int DEVICES_FOR_TWO = 4;

  public RosterState {
    members = Collections.unmodifiableMap(new LinkedHashMap<>(members));
    revoked = Collections.unmodifiableMap(new LinkedHashMap<>(revoked));
  }

  public Optional<Member> member(DeviceId id) {
    return Optional.ofNullable(members.get(id));
  }

  /**
   * How many admins must sign the next entry. Never more than there are.
   *
   * @param without a device whose revocation it is: it has no say; or null
   */
  public int signaturesNeeded(DeviceId without) {
    int wanted = threshold > 0 ? threshold : members.size() >= DEVICES_FOR_TWO ? 2 : 1;
    long admins =
        members.values().stream()
            .filter(Member::admin)
            .filter(m -> !m.id().equals(without))
            .count();
    return (int) Math.max(1, Math.min(wanted, admins));
  }
}
