package io.coterie.base.device;

import io.coterie.base.file.SafeFiles;
import java.io.IOException;
import java.nio.file.Path;

/**
 * The directory that holds everything of one device.
 *
 * @param name the device's local name
 * @param root the device's home
 */
public record DeviceHome(String name, Path root) {
  /** The home that the launcher named on the command line of this JVM. */
  public static DeviceHome ofThisProcess() {
    String root = System.getProperty("coterie.home", System.getProperty("karaf.base", "."));
    return new DeviceHome(System.getProperty("coterie.device", "device"), Path.of(root));
  }

  /** A sub-directory, made with mode 0700 if it is missing. */
  public Path directory(String first, String... more) throws IOException {
    Path path = root.resolve(Path.of(first, more));
    SafeFiles.createPrivateDirectories(path);
    return path;
  }
}
