package io.coterie.identity.internal.roster;

import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.DeviceKeys;
import io.coterie.mesh.api.Role;
import java.util.Set;

/**
 * A device that belongs to the coterie.
 *
 * @param sinceIndex the entry that gave it its keys
 */
public record Member(DeviceId id, String name, DeviceKeys keys, Set<Role> roles, long sinceIndex) {
  public Member {
    roles = Set.copyOf(roles);
  }

  boolean admin() {
    return roles.contains(Role.ADMIN);
  }
}
