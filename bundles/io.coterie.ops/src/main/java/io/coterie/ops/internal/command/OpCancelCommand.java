package io.coterie.ops.internal.command;

import io.coterie.ops.api.Operations;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie op cancel}. */
@Service
@Command(
    scope = "coterie",
    name = "op-cancel",
    description = "Asks an operation to stop; it stops where that is safe",
    detailedDescription = "Example: coterie op cancel op-3")
public final class OpCancelCommand implements Action {
  @Argument(name = "id", description = "The operation's id", required = true)
  @Completion(OperationIds.class)
  String id;

  @Reference Operations operations;

  @Override
  public Object execute() {
    operations.cancel(id);
    System.out.println("asked " + id + " to stop");
    return null;
  }
}
