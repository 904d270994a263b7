package io.coterie.ops.internal.command;

import io.coterie.base.seam.SystemClock;
import io.coterie.ops.api.OperationInfo;
import io.coterie.ops.api.Operations;
import io.coterie.ops.internal.FeatureUpgradeRunner;
import java.nio.file.Path;
import org.apache.karaf.features.FeaturesService;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.FileCompleter;
import org.osgi.framework.BundleContext;

/** {@code coterie feature upgrade}. */
@Service
@Command(
    scope = "coterie",
    name = "feature-upgrade",
    description = "Exchanges a feature for the version in a features file, while calls go on",
    detailedDescription =
        "Example: coterie feature upgrade coterie-crypto-mlkem --from next/features.xml")
public final class FeatureUpgradeCommand implements Action {
  private static final long WAIT_MILLIS = 120_000;

  @Argument(name = "name", description = "The feature's name", required = true)
  String name;

  @Option(name = "--from", description = "The features file", required = true)
  @Completion(FileCompleter.class)
  String from;

  @Reference FeaturesService features;
  @Reference Operations operations;
  @Reference BundleContext context;

  @Override
  public Object execute() throws Exception {
    FeatureUpgradeRunner runner = new FeatureUpgradeRunner(features, context, new SystemClock());
    OperationInfo started =
        operations.start(
            "feature-upgrade", name, progress -> runner.run(name, Path.of(from), progress));
    System.out.println(operations.follow(started.id(), WAIT_MILLIS, System.err::println).result());
    return null;
  }
}
