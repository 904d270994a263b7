package io.coterie.volume.api;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Disk images of other programs, as block devices. Images are not trusted: whatever reads them is
 * kept away from everything else. Thread-safe. Errors are CoterieExceptions: COT-0701 no such
 * image, COT-0702 it cannot be used, COT-0549 a tool is missing.
 */
@ProviderType
public interface ImageService {
  /** The formats that are read and written. */
  List<String> FORMATS = List.of("raw", "qcow2", "vmdk", "vhdx");

  /**
   * What an image says of itself.
   *
   * @param format one of {@link #FORMATS}
   * @param sizeBytes of the disk that it stands for
   */
  record Image(String format, long sizeBytes) {}

  /**
   * Looks at an image and refuses what would need other files, or is encrypted.
   *
   * @param format one of {@link #FORMATS}, or null to find out
   */
  Image inspect(Path image, String format);

  /**
   * Opens an image for reading.
   *
   * @param format as {@link #inspect} said
   */
  ImageDevice open(Path image, String format) throws IOException;

  /**
   * Makes an empty image in a file that is there, and opens it for writing.
   *
   * @param format one of {@link #FORMATS}
   */
  ImageDevice make(Path file, String format, long sizeBytes) throws IOException;
}
