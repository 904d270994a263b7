package io.coterie.identity.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.mesh.api.Role;
import java.util.EnumSet;
import java.util.Set;

/** Roles as people write them: words with commas between. */
final class RoleWords {
  private RoleWords() {}

  static Set<Role> parse(String words) {
    EnumSet<Role> roles = EnumSet.noneOf(Role.class);
    for (String word : words.isEmpty() ? new String[0] : words.split(",", -1)) {
      Role found = null;
      for (Role role : Role.values()) {
        found = role.label().equals(word.trim()) ? role : found;
      }
      if (found == null) {
        throw CoterieException.of(
            "COT-0330",
            ExitCode.USAGE,
            "'" + word + "' is no role",
            "admin, data, compute, witness, holder; with commas between");
      }
      roles.add(found);
    }
    return roles;
  }
}
