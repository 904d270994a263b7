package io.coterie.identity.internal.command;

import io.coterie.identity.internal.roster.Change;
import io.coterie.identity.internal.roster.Entry;
import io.coterie.identity.internal.roster.Member;
import io.coterie.identity.internal.roster.RosterState;
import io.coterie.mesh.api.DeviceId;

/** What an entry does, in a few words. */
final class EntryWords {
  private EntryWords() {}

  static String of(Entry entry, RosterState state) {
    Change change = entry.change();
    if (change instanceof Change.Add a) {
      return "add " + a.name();
    } else if (change instanceof Change.Rotate r) {
      return "new keys of " + name(r.device(), state);
    } else if (change instanceof Change.Roles r) {
      return "roles of " + name(r.device(), state) + ": " + RoleWords.text(r.roles());
    } else if (change instanceof Change.Revoke r) {
      return "revoke " + name(r.device(), state);
    } else if (change instanceof Change.Policy p) {
      return "threshold " + p.threshold() + ", suite " + p.suite().label();
    } else if (change instanceof Change.Recover r) {
      return "recovery: " + name(r.device(), state) + " becomes admin";
    }
    return "begins the coterie";
  }

  private static String name(DeviceId id, RosterState state) {
    return state.member(id).map(Member::name).orElse(id.shortForm());
  }
}
