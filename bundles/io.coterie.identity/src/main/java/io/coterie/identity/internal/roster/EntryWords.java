package io.coterie.identity.internal.roster;

import io.coterie.mesh.api.DeviceId;
import io.coterie.mesh.api.Role;
import java.util.Set;
import java.util.stream.Collectors;

/** What an entry does, in a few words. */
public final class EntryWords {
  private EntryWords() {}

  public static String of(Entry entry, RosterState state) {
    Change change = entry.change();
    if (change instanceof Change.Add a) {
      return "add " + a.name();
    } else if (change instanceof Change.Rotate r) {
      return "new keys of " + name(r.device(), state);
    } else if (change instanceof Change.Roles r) {
      return "roles of " + name(r.device(), state) + ": " + roles(r.roles());
    } else if (change instanceof Change.Revoke r) {
      return "revoke " + name(r.device(), state);
    } else if (change instanceof Change.Policy p) {
      return "threshold " + p.threshold() + ", suite " + p.suite().label();
    } else if (change instanceof Change.Recover r) {
      return "recovery: " + name(r.device(), state) + " becomes admin";
    }
    return "begins the coterie";
  }

  /** Roles with commas between. */
  public static String roles(Set<Role> roles) {
    return roles.stream().sorted().map(Role::label).collect(Collectors.joining(","));
  }

  private static String name(DeviceId id, RosterState state) {
    return state.member(id).map(Member::name).orElse(id.shortForm());
  }
}
