package io.coterie.volume.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.crypto.api.Aead;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** Choices for a new volume that belong together. */
enum Profile {
  /** The fastest cipher of this machine; keys are replaced when somebody says so. */
  PERFORMANCE(null, 0),

  /**
   * A cipher whose time does not depend on the data on any machine, a new key every 30 days, and no
   * compression: nothing is told by lengths.
   */
  MAXIMUM_SECURITY(Aead.CHACHA20_POLY1305, TimeUnit.DAYS.toMillis(30));

  private final String cipher;
  private final long rekeyMillis;

  Profile(String cipher, long rekeyMillis) {
    this.cipher = cipher;
    this.rekeyMillis = rekeyMillis;
  }

  /**
   * The one of that name.
   *
   * @param name as on a command line, or null for the usual one
   * @param cipher that was asked for, or null
   * @param compression that was asked for, or null
   */
  static Profile of(String name, String cipher, String compression) {
    if (name == null) {
      return PERFORMANCE;
    }
    for (Profile profile : values()) {
      if (profile.toString().equals(name)) {
        if (profile == MAXIMUM_SECURITY && compression != null) {
          throw refused("lengths of compressed blocks tell of their content", "without --compress");
        }
        if (profile.cipher != null && cipher != null && !profile.cipher.equals(cipher)) {
          throw refused(name + " takes " + profile.cipher, "without --cipher");
        }
        return profile;
      }
    }
    throw refused("there is no profile '" + name + "'", "performance or maximum-security");
  }

  private static CoterieException refused(String what, String next) {
    return CoterieException.of("COT-0557", ExitCode.USAGE, what, next);
  }

  /** The cipher, or null for the fastest one here. */
  String cipher() {
    return cipher;
  }

  /** The age at which keys are replaced by themselves, or 0 for never. */
  long rekeyMillis() {
    return rekeyMillis;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
