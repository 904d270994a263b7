package io.coterie.volume.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;

/** What cannot be taken back is done only with {@code --yes}. */
final class Consent {
  private Consent() {}

  /**
   * Refuses without it.
   *
   * @param what would be lost
   * @param command as it was given
   */
  static void require(boolean yes, String what, String command) {
    if (!yes) {
      throw CoterieException.of("COT-0521", ExitCode.USAGE, what, command + " --yes");
    }
  }
}
