package io.coterie.identity.internal.command;

import io.coterie.base.table.Table;
import io.coterie.crypto.api.Kem;
import io.coterie.crypto.api.Signer;
import io.coterie.mesh.api.LocalIdentity;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** {@code coterie identity show}. */
@Service
@Command(
    scope = "coterie",
    name = "identity-show",
    description = "Shows who this device is",
    detailedDescription = "Example: coterie identity show -o json")
public final class IdentityShowCommand implements Action {
  @Option(name = "-o", description = "Output format: table, json or csv")
  @Completion(
      value = StringsCompleter.class,
      values = {"table", "json", "csv"})
  String output = "table";

  @Reference LocalIdentity identity;

  @Override
  public Object execute() {
    new Table("identity", "name", "id", "generation", "signature", "kem")
        .row(
            identity.name(),
            identity.id().toString(),
            identity.keys().generation(),
            Signer.ED25519 + "+" + Signer.ML_DSA_87,
            Kem.X25519_MLKEM1024)
        .print(System.out, output);
    return null;
  }
}
