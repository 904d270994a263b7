package io.coterie.mesh.api;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** What a device does in a coterie. */
public enum Role {
  /** Signs entries of the roster: who belongs to it and what each may do. */
  ADMIN,
  /** Holds replicas. */
  DATA,
  /** Runs machines. */
  COMPUTE,
  /** Votes and keeps the ledger; holds no volume data and no keys. */
  WITNESS,
  /** Keeps ciphertext; has no keys. */
  HOLDER;

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** As bits, in the order of the constants. */
  public static int bits(Set<Role> roles) {
    int bits = 0;
    for (Role role : roles) {
      bits |= 1 << role.ordinal();
    }
    return bits;
  }

  /** From bits; unknown ones give an {@link IllegalArgumentException}. */
  public static Set<Role> ofBits(int bits) {
    if (bits < 0 || bits >= 1 << values().length) {
      throw new IllegalArgumentException("unknown roles " + bits);
    }
    EnumSet<Role> roles = EnumSet.noneOf(Role.class);
    for (Role role : values()) {
      if ((bits & 1 << role.ordinal()) != 0) {
        roles.add(role);
      }
    }
    return roles;
  }
}
