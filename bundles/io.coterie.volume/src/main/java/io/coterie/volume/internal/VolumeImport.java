package io.coterie.volume.internal;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.ops.api.Progress;
import io.coterie.volume.api.BlockDevice;
import io.coterie.volume.api.ImageDevice;
import io.coterie.volume.api.ImageService;
import io.coterie.volume.internal.format.Sizes;
import java.io.IOException;
import java.nio.file.Path;

/** Makes volumes of disk images. */
public final class VolumeImport {
  private final FileVolumeService volumes;
  private final ImageService images;

  public VolumeImport(FileVolumeService volumes, ImageService images) {
    this.volumes = volumes;
    this.images = images;
  }

  /**
   * Copies an image into a new volume, compares every block and returns one line about it.
   *
   * @param format see {@link ImageService#inspect}
   * @param cipher null for the one that suits this machine
   * @param compression see {@link FileVolumeService#create(String, long, String, String)}
   */
  public String run(
      Path image,
      String format,
      String name,
      String cipher,
      String compression,
      Progress progress) {
    ImageService.Image what = images.inspect(image, format);
    try (ImageDevice device = images.open(image, what.format())) {
      VolumeCopy copy = new VolumeCopy(device, new ProgressWatcher(progress));
      volumes.create(name, sizeFor(device), cipher, compression, copy);
      return "imported "
          + image.getFileName()
          + " ("
          + what.format()
          + ") to "
          + name
          + ", "
          + copy.copied()
          + " of data";
    } catch (IOException e) {
      throw notImported(image, e.getMessage(), e);
    } catch (CoterieException e) {
      throw e.getCause() instanceof IOException ? notImported(image, e.what(), e) : e;
    }
  }

  private static CoterieException notImported(Path image, String why, Exception e) {
    return CoterieException.of(
        "COT-0551",
        ExitCode.FAILED,
        "image " + image.getFileName() + " could not be imported: " + why,
        "qemu-img check " + image + "; make room",
        e);
  }

  private static long sizeFor(BlockDevice device) {
    long blocks = (device.sizeBytes() + Sizes.BLOCK - 1) / Sizes.BLOCK;
    return Math.max(Sizes.MIN_VOLUME, blocks * Sizes.BLOCK);
  }
}
