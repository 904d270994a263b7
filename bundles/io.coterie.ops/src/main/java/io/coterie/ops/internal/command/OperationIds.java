package io.coterie.ops.internal.command;

import io.coterie.ops.api.OperationInfo;
import io.coterie.ops.api.Operations;
import java.util.List;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.api.console.CommandLine;
import org.apache.karaf.shell.api.console.Completer;
import org.apache.karaf.shell.api.console.Session;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** Completes the ids of operations. */
@Service
public final class OperationIds implements Completer {
  @Reference Operations operations;

  @Override
  public int complete(Session session, CommandLine line, List<String> candidates) {
    List<String> ids = operations.list().stream().map(OperationInfo::id).toList();
    return new StringsCompleter(ids).complete(session, line, candidates);
  }
}
