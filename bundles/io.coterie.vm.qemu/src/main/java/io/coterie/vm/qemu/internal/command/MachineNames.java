package io.coterie.vm.qemu.internal.command;

import io.coterie.vm.api.VmInfo;
import io.coterie.vm.api.VmService;
import java.util.List;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.api.console.CommandLine;
import org.apache.karaf.shell.api.console.Completer;
import org.apache.karaf.shell.api.console.Session;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** Completes the names of machines. */
@Service
public final class MachineNames implements Completer {
  @Reference VmService machines;

  @Override
  public int complete(Session session, CommandLine line, List<String> candidates) {
    List<String> names = machines.list().stream().map(VmInfo::name).toList();
    return new StringsCompleter(names).complete(session, line, candidates);
  }
}
