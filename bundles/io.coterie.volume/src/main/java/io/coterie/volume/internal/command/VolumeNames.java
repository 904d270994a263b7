package io.coterie.volume.internal.command;

import io.coterie.volume.api.VolumeInfo;
import io.coterie.volume.api.VolumeService;
import java.util.List;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.api.console.CommandLine;
import org.apache.karaf.shell.api.console.Completer;
import org.apache.karaf.shell.api.console.Session;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** Completes the names of volumes. */
@Service
public final class VolumeNames implements Completer {
  @Reference VolumeService volumes;

  @Override
  public int complete(Session session, CommandLine line, List<String> candidates) {
    List<String> names = volumes.list().stream().map(VolumeInfo::name).toList();
    return new StringsCompleter(names).complete(session, line, candidates);
  }
}
