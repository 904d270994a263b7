package io.coterie.volume.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.ops.api.Operations;
import io.coterie.volume.api.ImageService;
import io.coterie.volume.api.VolumeService;
import io.coterie.volume.internal.VolumeExport;
import io.coterie.volume.internal.VolumeSnapshots;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.FileCompleter;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** {@code coterie volume export}. */
@Service
@Command(
    scope = "coterie",
    name = "volume-export",
    description = "Writes the decrypted content of a volume to a new file",
    detailedDescription = "Example: coterie volume export web /tmp/web.raw")
public final class VolumeExportCommand implements Action {
  @Argument(index = 0, name = "name", description = "The volume's name", required = true)
  @Completion(VolumeNames.class)
  String name;

  @Argument(index = 1, name = "file", description = "The file to write", required = true)
  @Completion(FileCompleter.class)
  String file;

  @Option(name = "--snapshot", description = "A snapshot of it, instead of what it is now")
  String snapshot;

  @Option(name = "--format", description = "raw, qcow2, vmdk or vhdx")
  @Completion(
      value = StringsCompleter.class,
      values = {"raw", "qcow2", "vmdk", "vhdx"})
  String format = VolumeExport.RAW;

  @Option(name = "--no-wait", description = "Return at once with the operation's id")
  boolean noWait;

  @Reference VolumeService volumes;
  @Reference VolumeSnapshots snapshots;

  @Reference(optional = true)
  ImageService images;

  @Reference Operations operations;

  @Override
  public Object execute() throws Exception {
    Path target = Path.of(file).toAbsolutePath();
    if (Files.exists(target)) {
      throw CoterieException.of(
          "COT-0523", ExitCode.REFUSED, target + " exists", "another name: nothing is overwritten");
    }
    ImageFormats.check(format, images);
    volumes.info(name);
    if (snapshot != null) {
      snapshots.open(name, snapshot);
    }
    VolumeExport export = new VolumeExport(volumes, snapshots, images);
    FollowedOperation.print(
        operations,
        operations.start(
            "volume-export",
            name,
            progress -> export.run(name, snapshot, target, format, progress)),
        noWait);
    return null;
  }
}
