package io.coterie.vm.qemu.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.base.seam.SystemThreads;
import io.coterie.vm.api.VmService;
import io.coterie.vm.qemu.internal.SerialSession;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.api.console.Session;

/** {@code coterie vm console}. */
@Service
@Command(
    scope = "coterie",
    name = "vm-console",
    description = "Shows a machine's serial console and carries input to it",
    detailedDescription = "Example: coterie vm console web --log")
public final class VmConsoleCommand implements Action {
  @Argument(name = "name", description = "The machine's name", required = true)
  @Completion(MachineNames.class)
  String name;

  @Option(name = "--log", description = "Print what the guest wrote so far and end")
  boolean log;

  @Reference VmService machines;
  @Reference Session session;

  @Override
  public Object execute() throws Exception {
    Path written = machines.serialLog(name);
    if (log) {
      if (Files.exists(written)) {
        Files.copy(written, System.out);
        System.out.flush();
      }
      return null;
    }
    if (machines.info(name).pid() == 0) {
      throw CoterieException.of(
          "COT-0727",
          ExitCode.REFUSED,
          "machine " + name + " does not run",
          "coterie vm start " + name);
    }
    System.err.println("console of " + name + "; Ctrl-] ends it");
    System.err.flush();
    new SerialSession(machines.serialSocket(name), new SystemThreads())
        .run(session.getKeyboard(), System.out);
    return null;
  }
}
