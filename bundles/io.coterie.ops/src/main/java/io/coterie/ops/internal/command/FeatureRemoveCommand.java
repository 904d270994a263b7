package io.coterie.ops.internal.command;

import io.coterie.ops.internal.FeatureRemoval;
import org.apache.karaf.features.FeaturesService;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.osgi.framework.BundleContext;

/** {@code coterie feature remove}. */
@Service
@Command(
    scope = "coterie",
    name = "feature-remove",
    description = "Takes a feature out, unless something that stays needs it",
    detailedDescription = "Example: coterie feature remove coterie-vm")
public final class FeatureRemoveCommand implements Action {
  @Argument(name = "name", description = "The feature's name", required = true)
  String name;

  @Reference FeaturesService features;
  @Reference BundleContext context;

  @Override
  public Object execute() throws Exception {
    new FeatureRemoval(features, context).remove(name);
    System.out.println("removed " + name);
    return null;
  }
}
