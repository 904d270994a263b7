package io.coterie.ops.internal.command;

import io.coterie.ops.api.OperationInfo;
import io.coterie.ops.api.Operations;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie op wait}. */
@Service
@Command(
    scope = "coterie",
    name = "op-wait",
    description = "Waits for the end of an operation and returns its exit code",
    detailedDescription = "Example: coterie op wait op-3 --timeout 120")
public final class OpWaitCommand implements Action {
  private static final int DEFAULT_SECONDS = 3600;

  @Argument(name = "id", description = "The operation's id", required = true)
  @Completion(OperationIds.class)
  String id;

  @Option(name = "--timeout", description = "Seconds to wait at most")
  int timeoutSeconds = DEFAULT_SECONDS;

  @Reference Operations operations;

  @Override
  public Object execute() throws Exception {
    OperationInfo ended = operations.follow(id, timeoutSeconds * 1000L, System.err::println);
    System.out.println(ended.result());
    return null;
  }
}
