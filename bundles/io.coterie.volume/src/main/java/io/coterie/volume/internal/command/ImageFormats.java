package io.coterie.volume.internal.command;

import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.volume.api.ImageService;
import io.coterie.volume.internal.VolumeExport;

/** The formats of images that commands take. */
final class ImageFormats {
  private ImageFormats() {}

  /**
   * Refuses what cannot be read and written.
   *
   * @param images null when nothing serves other formats than raw
   */
  static void check(String format, ImageService images) {
    boolean known = ImageService.FORMATS.contains(format);
    if (!known || (images == null && !format.equals(VolumeExport.RAW))) {
      throw CoterieException.of(
          "COT-0552",
          ExitCode.USAGE,
          known ? "nothing serves images here" : "'" + format + "' is no format of images",
          known ? "coterie feature list" : String.join(", ", ImageService.FORMATS));
    }
  }
}
