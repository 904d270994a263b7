package io.coterie.volume.internal.command;

import io.coterie.base.name.Sizes;
import io.coterie.volume.api.VolumeInfo;
import io.coterie.volume.api.VolumeKeyService;
import io.coterie.volume.api.VolumeService;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.StringsCompleter;

/** {@code coterie volume create}. */
@Service
@Command(
    scope = "coterie",
    name = "volume-create",
    description = "Creates an empty encrypted volume",
    detailedDescription = "Example: coterie volume create data --size 10G")
public final class VolumeCreateCommand implements Action {
  @Argument(name = "name", description = "The new volume's name", required = true)
  String name;

  @Option(name = "--size", description = "Its size: 512M, 10G, 1T", required = true)
  String size;

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

  @Option(name = "--profile", description = "performance, or maximum-security")
  @Completion(
      value = StringsCompleter.class,
      values = {"performance", "maximum-security"})
  String profile;

  @Reference VolumeService volumes;
  @Reference VolumeKeyService keys;

  @Override
  public Object execute() {
    Profile chosen = Profile.of(profile, cipher, compression);
    String algorithm = cipher == null ? chosen.cipher() : cipher;
    VolumeInfo made = volumes.create(name, Sizes.parse(size), algorithm, compression);
    if (chosen.rekeyMillis() > 0) {
      keys.every(name, chosen.rekeyMillis());
    }
    System.out.println(
        "created " + made.name() + ", " + Sizes.format(made.sizeBytes()) + ", " + made.cipher());
    return null;
  }
}
