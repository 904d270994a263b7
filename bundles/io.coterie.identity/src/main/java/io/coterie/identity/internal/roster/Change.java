package io.coterie.identity.internal.roster;

import io.coterie.crypto.api.Suite;
import io.coterie.mesh.api.DeviceCard;
import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.DeviceKeys;
import io.coterie.mesh.api.Role;
import java.util.Set;

/** What an entry of the roster does. Closed: a reader knows every kind or refuses the roster. */
public sealed interface Change {
  /**
   * Begins a coterie. Signed by the founder.
   *
   * @param coterieId 16 random bytes
   * @param secret 32 random bytes that only members learn; keeps strangers from costing us time
   * @param founder the first device, which has every role but holder
   * @param threshold how many admins must sign, 0 for the default
   * @param recovery keys whose secret lies outside every device, or null
   */
  record Genesis(
      byte[] coterieId,
      String name,
      byte[] secret,
      DeviceCard founder,
      int threshold,
      Suite suite,
      RecoveryKeys recovery)
      implements Change {}

  /** Adds a device under a name. Signed by admins. */
  record Add(String name, DeviceCard card, Set<Role> roles) implements Change {}

  /** Gives a device its next keys. Signed by the old ones and by the new ones, by nobody else. */
  record Rotate(DeviceId device, DeviceKeys keys) implements Change {}

  /** Gives a device other roles. Signed by admins. */
  record Roles(DeviceId device, Set<Role> roles) implements Change {}

  /** Ends the trust in a device, for ever. Signed by admins, or by the device when it leaves. */
  record Revoke(DeviceId device, String reason) implements Change {}

  /** Sets how many admins must sign, and the weakest suite of links. Signed by admins. */
  record Policy(int threshold, Suite suite) implements Change {}

  /**
   * Makes a member admin when the admins are lost. Signed with the recovery keys.
   *
   * @param next the recovery keys from now on, or null for none
   */
  record Recover(DeviceId device, RecoveryKeys next) implements Change {}
}
