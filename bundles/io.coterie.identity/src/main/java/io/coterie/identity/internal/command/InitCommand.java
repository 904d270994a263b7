package io.coterie.identity.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.name.Names;
import io.coterie.base.seam.SystemEntropy;
import io.coterie.crypto.api.Suite;
import io.coterie.identity.internal.RecoveryCode;
import io.coterie.identity.internal.RosterKeeper;
import io.coterie.identity.internal.Signing;
import io.coterie.identity.internal.roster.Change;
import io.coterie.identity.internal.roster.RosterTree;
import io.coterie.mesh.api.DeviceCard;
import io.coterie.mesh.api.LocalIdentity;
import io.coterie.mesh.api.MeshService;
import java.util.Set;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.FileCompleter;

/** {@code coterie init}. */
@Service
@Command(
    scope = "coterie",
    name = "init",
    description = "Begins a coterie with this device as its first member and admin",
    detailedDescription = "Example: coterie init --name home")
public final class InitCommand implements Action {
  private static final int SECRET_BYTES = 32;
  private static final int ID_BYTES = 16;

  @Option(name = "--name", description = "The name of the coterie")
  String name = "home";

  @Option(name = "--listen", description = "Where this device listens for members and guests")
  String listen = Opening.EVERYWHERE;

  @Option(
      name = "--threshold",
      description = "Admins that must sign changes; 0: one below four devices, two from four")
  int threshold;

  @Option(name = "--no-recovery", description = "Make no recovery code")
  boolean noRecovery;

  @Option(name = "--preseed", description = "A file with name, listen, threshold, recovery")
  @Completion(FileCompleter.class)
  String preseed;

  @Reference RosterKeeper keeper;
  @Reference LocalIdentity identity;
  @Reference Signing signing;
  @Reference MeshService mesh;

  @Override
  public Object execute() throws Exception {
    Preseed answers = Preseed.read(preseed, Set.of("name", "listen", "threshold", "recovery"));
    name = answers.or("name", name);
    listen = answers.or("listen", listen);
    threshold = answers.number("threshold", threshold);
    noRecovery = !answers.yes("recovery", !noRecovery);
    Names.check("coterie", name);
    if (threshold < 0 || threshold > 16) {
      throw CoterieException.of(
          "COT-0317", ExitCode.USAGE, "a threshold of " + threshold, "0 to 16");
    }
    keeper.requireFree();
    SystemEntropy entropy = new SystemEntropy();
    RecoveryCode code = noRecovery ? null : RecoveryCode.fresh(entropy);
    String address = Opening.open(mesh, listen);
    keeper.begin(
        new Change.Genesis(
            entropy.bytes(ID_BYTES),
            name,
            entropy.bytes(SECRET_BYTES),
            DeviceCard.of(identity.name(), identity),
            threshold,
            Suite.STANDARD,
            code == null ? null : code.publicKeys(signing)));
    System.out.println("coterie " + name + " begins with device " + identity.name());
    System.out.println("device id    " + identity.id());
    System.out.println("fingerprint  " + keeper.look(RosterTree::genesisHash));
    System.out.println("listens on   " + address);
    if (code != null) {
      System.out.println();
      System.out.println("recovery code, shown once; write it down and keep it off every device:");
      System.out.println("  " + code.text());
      System.out.println(
          "It makes a member admin when all admins are lost: coterie roster recover");
    }
    System.out.println();
    System.out.println("next: coterie invite");
    return null;
  }
}
