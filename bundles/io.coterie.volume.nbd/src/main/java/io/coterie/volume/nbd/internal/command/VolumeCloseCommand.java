package io.coterie.volume.nbd.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.volume.api.VolumeService;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code coterie volume close}. */
@Service
@Command(
    scope = "coterie",
    name = "volume-close",
    description = "Ends what volume open gave; its client is cut off",
    detailedDescription = "Example: coterie volume close 'nbd+unix:///data.1.0123...?socket=...'")
public final class VolumeCloseCommand implements Action {
  private static final Pattern URI =
      Pattern.compile("(?:nbd\\+unix:///)?([a-z0-9-]+\\.[0-9]+\\.[0-9a-f]{32})(?:\\?.*)?");

  @Argument(name = "uri", description = "The URI that volume open printed", required = true)
  String uri;

  @Reference VolumeService volumes;

  @Override
  public Object execute() {
    Matcher m = URI.matcher(uri);
    if (!m.matches()) {
      throw CoterieException.of(
          "COT-0525", ExitCode.USAGE, "this is no URI of a volume", "coterie volume open NAME");
    }
    volumes.revoke(m.group(1));
    System.out.println("closed");
    return null;
  }
}
