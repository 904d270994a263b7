package io.coterie.identity.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.crypto.api.Suite;
import io.coterie.identity.internal.RosterKeeper;
import io.coterie.identity.internal.roster.Change;
import io.coterie.identity.internal.roster.Entry;
import io.coterie.identity.internal.roster.RosterState;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** {@code coterie suite set}. */
@Service
@Command(
    scope = "coterie",
    name = "suite-set",
    description = "Sets the weakest suite of the coterie's links; live links move while they work",
    detailedDescription = "Example: coterie suite set max")
public final class SuiteSetCommand implements Action {
  @Argument(name = "suite", description = "standard or max", required = true)
  @Completion(
      value = StringsCompleter.class,
      values = {"standard", "max"})
  String suite;

  @Option(
      name = "--threshold",
      description = "Also sets how many admins must sign changes; 0 for the default")
  int threshold = -1;

  @Reference RosterKeeper keeper;

  @Override
  public Object execute() {
    Suite wanted = Suite.parse(suite);
    if (threshold < -1 || threshold > 16) {
      throw CoterieException.of(
          "COT-0317", ExitCode.USAGE, "a threshold of " + threshold, "0 to 16");
    }
    RosterState state = keeper.state();
    int signers = threshold < 0 ? state.threshold() : threshold;
    if (state.suite() == wanted && state.threshold() == signers) {
      System.out.println("it is " + wanted.label() + " already");
      return null;
    }
    Entry entry = keeper.draft(new Change.Policy(signers, wanted));
    boolean counts = keeper.append(entry);
    System.out.println(
        counts
            ? "links are " + wanted.label() + " or stronger from now on; coterie link list"
            : "signed; another admin must sign too: coterie roster approve "
                + entry.hash().shortForm());
    return null;
  }
}
