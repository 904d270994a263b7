package io.coterie.volume.internal.command;

import io.coterie.base.name.Sizes;
import io.coterie.ops.api.Operations;
import io.coterie.volume.api.ImageService;
import io.coterie.volume.internal.FileVolumeService;
import io.coterie.volume.internal.VolumeImport;
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

/** {@code coterie volume import}. */
@Service
@Command(
    scope = "coterie",
    name = "volume-import",
    description = "Makes a volume of a disk image and compares every block",
    detailedDescription = "Example: coterie volume import /isos/debian.qcow2 web")
public final class VolumeImportCommand implements Action {
  @Argument(index = 0, name = "file", description = "The image", required = true)
  @Completion(FileCompleter.class)
  String file;

  @Argument(index = 1, name = "name", description = "The new volume's name", required = true)
  String name;

  @Option(name = "--format", description = "raw, qcow2, vmdk or vhdx; else the image says it")
  @Completion(
      value = StringsCompleter.class,
      values = {"raw", "qcow2", "vmdk", "vhdx"})
  String format;

  @Option(name = "--cipher", description = "AES-256-GCM or ChaCha20-Poly1305")
  @Completion(
      value = StringsCompleter.class,
      values = {"AES-256-GCM", "ChaCha20-Poly1305"})
  String cipher;

  @Option(name = "--compress", description = "zstd or lz4; tells how well blocks compress")
  @Completion(
      value = StringsCompleter.class,
      values = {"zstd", "lz4"})
  String compression;

  @Option(name = "--plan", description = "Only say what would happen")
  boolean plan;

  @Option(name = "--no-wait", description = "Return at once with the operation's id")
  boolean noWait;

  @Reference FileVolumeService volumes;
  @Reference ImageService images;
  @Reference Operations operations;

  @Override
  public Object execute() throws Exception {
    if (format != null) {
      ImageFormats.check(format, images);
    }
    Path image = Path.of(file).toAbsolutePath();
    ImageService.Image what = images.inspect(image, format);
    if (plan) {
      volumes.checkFree(name);
      System.out.println(
          "volume "
              + name
              + " would be made of a "
              + what.format()
              + " image with "
              + Sizes.format(what.sizeBytes())
              + "; every block is compared before it appears, and the image stays as it is");
      return null;
    }
    VolumeImport copy = new VolumeImport(volumes, images);
    FollowedOperation.print(
        operations,
        operations.start(
            "volume-import",
            name,
            progress -> copy.run(image, what.format(), name, cipher, compression, progress)),
        noWait);
    return null;
  }
}
