package io.coterie.ops.internal.command;

import io.coterie.base.table.Table;
import org.apache.karaf.features.Feature;
import org.apache.karaf.features.FeaturesService;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** {@code coterie feature list}. */
@Service
@Command(
    scope = "coterie",
    name = "feature-list",
    description = "Lists the installed features of the house",
    detailedDescription = "Example: coterie feature list --all -o csv")
public final class FeatureListCommand implements Action {
  @Option(name = "-o", description = "Output format: table, json or csv")
  @Completion(
      value = StringsCompleter.class,
      values = {"table", "json", "csv"})
  String output = "table";

  @Option(name = "--all", description = "Also the container's own features")
  boolean all;

  @Reference FeaturesService features;

  @Override
  public Object execute() throws Exception {
    Table table = new Table("features", "name", "version", "state", "description");
    for (Feature f : features.listInstalledFeatures()) {
      if (all || f.getName().startsWith("coterie")) {
        String state = features.getState(f.getId()).toString().toLowerCase(java.util.Locale.ROOT);
        table.row(f.getName(), f.getVersion(), state, f.getDescription());
      }
    }
    table.print(System.out, output);
    return null;
  }
}
