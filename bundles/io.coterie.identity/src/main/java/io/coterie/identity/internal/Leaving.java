package io.coterie.identity.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.identity.internal.roster.Change;
import io.coterie.identity.internal.roster.Entry;
import io.coterie.identity.internal.roster.RosterState;
import java.io.IOException;
import java.nio.file.Path;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * Takes this device out of its coterie: the others hear that they shall not trust it any more, and
 * it begins anew with other keys, so that it can join again or elsewhere. A device that was revoked
 * does the same without telling anybody. Volumes and machines stay. Thread-safe.
 */
@Component(service = Leaving.class)
public final class Leaving {
  private final FileIdentity identity;
  private final RosterKeeper keeper;
  private final RosterSync sync;

  @Activate
  public Leaving(
      @Reference FileIdentity identity,
      @Reference RosterKeeper keeper,
      @Reference RosterSync sync) {
    this.identity = identity;
    this.keeper = keeper;
    this.sync = sync;
  }

  /**
   * What came of it.
   *
   * @param told how many devices know it already
   * @param others whether there are any
   * @param roster where the old roster lies
   */
  public record Left(String coterie, int told, boolean others, Path roster) {}

  /**
   * Leaves.
   *
   * @param silently also when no other device can be told
   */
  public synchronized Left leave(boolean silently) {
    RosterState state = keeper.state();
    boolean member = state.members().containsKey(identity.id());
    boolean others = member && state.members().size() > 1;
    int told = 0;
    if (others) {
      Entry entry = keeper.draft(new Change.Revoke(identity.id(), "left"));
      keeper.requireAllowed(entry);
      told = sync.announce(entry);
      if (told == 0 && !silently) {
        throw CoterieException.of(
            "COT-0348",
            ExitCode.FAILED,
            "no other device can be told, so they would go on trusting this one",
            "coterie link list; or coterie leave --silently --yes, then coterie roster revoke on"
                + " another device");
      }
    }
    try {
      // In this order: a crash between the two leaves a device that is in no roster of its own and
      // may leave again. The other way round it would have keys that nobody takes any more.
      identity.beginAnew();
      Path aside = keeper.leave();
      return new Left(state.genesis().name(), told, others, aside);
    } catch (IOException e) {
      throw CoterieException.of(
          "COT-0308",
          ExitCode.FAILED,
          "the roster could not be put aside: " + e.getMessage(),
          "coterie status",
          e);
    }
  }
}
