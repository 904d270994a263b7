package io.coterie.ops.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import java.util.List;
import org.apache.karaf.features.BootFinished;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;

/** {@code coterie ready}: the readiness test of the launcher. */
@Service
@Command(
    scope = "coterie",
    name = "ready",
    description = "Ends with 0 once every feature of the device has started, else with 6",
    detailedDescription = "Example: coterie ready")
public final class ReadyCommand implements Action {
  @Reference List<BootFinished> booted;
  @Reference BundleContext context;

  @Override
  public Object execute() {
    if (booted == null || booted.isEmpty()) {
      throw notYet("its features are still being started");
    }
    for (Bundle bundle : context.getBundles()) {
      boolean fragment = bundle.getHeaders().get(Constants.FRAGMENT_HOST) != null;
      if (!fragment
          && bundle.getState() != Bundle.ACTIVE
          && bundle.getSymbolicName() != null
          && bundle.getSymbolicName().startsWith("io.coterie.")) {
        throw notYet("bundle " + bundle.getSymbolicName() + " is not active");
      }
    }
    System.out.println("ready");
    return null;
  }

  private static CoterieException notYet(String why) {
    return CoterieException.of(
        "COT-0112", ExitCode.TIMED_OUT, "the device is not ready: " + why, "coterie device logs");
  }
}
