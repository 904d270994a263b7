package io.coterie.ops.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.ops.api.DeviceLock;
import java.net.URL;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Optional;
import org.apache.karaf.features.BootFinished;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.api.console.SessionFactory;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;

/**
 * {@code coterie ready}: the readiness test of the launcher. A command appears only when every
 * service it needs is there, so a device is ready when each command that its bundles carry has
 * appeared. A device that waits for its owner is as ready as it can be, and says so.
 */
@Service
@Command(
    scope = "coterie",
    name = "ready",
    description = "Ends with 0 once every capability of the device serves, else with 6",
    detailedDescription = "Example: coterie ready")
public final class ReadyCommand implements Action {
  private static final String COMMANDS_HEADER = "Karaf-Commands";

  @Reference List<BootFinished> booted;
  @Reference List<DeviceLock> locks;
  @Reference BundleContext context;
  @Reference SessionFactory sessions;

  @Override
  public Object execute() throws ClassNotFoundException {
    if (booted == null || booted.isEmpty()) {
      throw notYet("its features are still being started");
    }
    Optional<CoterieException> locked =
        (locks == null ? List.<DeviceLock>of() : locks)
            .stream().flatMap(lock -> lock.reason().stream()).findFirst();
    if (locked.isPresent()) {
      System.out.println("locked: " + locked.get().what() + "; " + locked.get().next());
      return null; // what needs the keys comes when they are open
    }
    for (Bundle bundle : context.getBundles()) {
      String name = String.valueOf(bundle.getSymbolicName());
      if (!name.startsWith("io.coterie.")) {
        continue;
      }
      if (bundle.getState() != Bundle.ACTIVE) {
        throw notYet("bundle " + name + " is not active");
      }
      String commands = bundle.getHeaders().get(COMMANDS_HEADER);
      if (commands != null) {
        checkCommands(bundle, commands.trim());
      }
    }
    System.out.println("ready");
    return null;
  }

  private void checkCommands(Bundle bundle, String packageName) throws ClassNotFoundException {
    Enumeration<URL> found =
        bundle.findEntries(packageName.replace('.', '/'), "*Command.class", false);
    for (URL url : found == null ? List.<URL>of() : Collections.list(found)) {
      String file = url.getPath();
      String type = file.substring(file.lastIndexOf('/') + 1).replace(".class", "");
      Command command = bundle.loadClass(packageName + "." + type).getAnnotation(Command.class);
      if (command != null
          && sessions.getRegistry().getCommand(command.scope(), command.name()) == null) {
        throw notYet(
            "'" + command.name() + "' of " + bundle.getSymbolicName() + " waits for a service");
      }
    }
  }

  private static CoterieException notYet(String why) {
    return CoterieException.of(
        "COT-0112", ExitCode.TIMED_OUT, "the device is not ready: " + why, "coterie device logs");
  }
}
