package io.coterie.identity.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.identity.internal.Leaving;
import io.coterie.identity.internal.RosterKeeper;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie leave}. */
@Service
@Command(
    scope = "coterie",
    name = "leave",
    description = "Takes this device out of its coterie; it can join again as a new one",
    detailedDescription = "Example: coterie leave --yes")
public final class LeaveCommand implements Action {
  @Option(name = "--yes", description = "Really: the others never trust this identity again")
  boolean yes;

  @Option(name = "--silently", description = "Also when no other device can be told")
  boolean silently;

  @Reference RosterKeeper keeper;
  @Reference Leaving leaving;

  @Override
  public Object execute() {
    keeper.state();
    if (!yes) {
      throw CoterieException.of(
          "COT-0334",
          ExitCode.USAGE,
          "leaving is for ever: machines of others lose the volumes that lie here",
          "coterie leave --yes");
    }
    Leaving.Left left = leaving.leave(silently);
    System.out.println("left coterie " + left.coterie());
    if (left.others()) {
      System.out.println("told " + left.told() + " devices; they tell the others");
    }
    System.out.println("volumes and machines are kept; the old roster lies at " + left.roster());
    System.out.println("next: coterie join, or coterie init");
    return null;
  }
}
