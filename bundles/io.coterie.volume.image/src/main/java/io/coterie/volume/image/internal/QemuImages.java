package io.coterie.volume.image.internal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.coterie.base.device.DeviceHome;
import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.volume.api.ImageDevice;
import io.coterie.volume.api.ImageService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Images by {@code qemu-img} and {@code qemu-nbd}, each in a sandbox of its own. */
@Component
public final class QemuImages implements ImageService {
  private static final String QEMU_IMG = "qemu-img";

  /** As QEMU calls it. */
  private static final String VHDX = "vhdx";

  private final Sandbox sandbox;

  @Activate
  public QemuImages() throws IOException {
    this(DeviceHome.ofThisProcess().directory("run", "images"));
  }

  QemuImages(Path workspace) throws IOException {
    this.sandbox = new Sandbox(new Workspace(workspace));
  }

  @Override
  public Image inspect(Path image, String format) {
    if (!Files.isRegularFile(image)) {
      throw CoterieException.of(
          "COT-0701",
          ExitCode.NOT_FOUND,
          "there is no image " + image,
          "ls -l " + image.toAbsolutePath().getParent());
    }
    try {
      if (Files.size(image) == 0) {
        throw unusable(image, "it is empty");
      }
      JsonNode info =
          new ObjectMapper()
              .readTree(
                  sandbox.run(sandbox.line(image, false, null, (at, none) -> info(at, format))));
      return checked(image, info);
    } catch (IOException e) {
      throw unusable(image, e.getMessage());
    }
  }

  private static List<String> info(String image, String format) {
    // -U: an image that somebody holds open is only looked at here.
    List<String> words = new ArrayList<>(List.of(QEMU_IMG, "info", "-U", "--output=json"));
    if (format != null) {
      words.addAll(List.of("-f", format));
    }
    words.add(image);
    return words;
  }

  private Image checked(Path image, JsonNode info) {
    String format = info.path("format").asText();
    if (info.has("backing-filename") || info.has("full-backing-filename")) {
      throw unusable(image, "it has a backing file, " + info.path("backing-filename").asText());
    }
    if (info.path("format-specific").path("data").has("data-file")) {
      throw unusable(image, "it keeps its data in another file");
    }
    if (info.path("encrypted").asBoolean(false)) {
      throw unusable(image, "it is encrypted already");
    }
    if (!FORMATS.contains(format)) {
      throw unusable(image, "its format is " + format);
    }
    boolean mayNameFiles = !format.equals("raw") && !format.equals("qcow2");
    if (mayNameFiles && !sandbox.isWhole()) {
      throw unusable(image, "a " + format + " may name other files, and there is no sandbox here");
    }
    long size = info.path("virtual-size").asLong();
    if (size <= 0) {
      throw unusable(image, "it says that it has " + size + " bytes");
    }
    return new Image(format, size);
  }

  private static CoterieException unusable(Path image, String why) {
    return CoterieException.of(
        "COT-0702",
        ExitCode.USAGE,
        "image " + image.getFileName() + " cannot be used: " + why,
        "qemu-img convert -O qcow2 " + image + " flat.qcow2");
  }

  @Override
  public ImageDevice open(Path image, String format) throws IOException {
    return ImageProcess.start(sandbox, image, format, false);
  }

  @Override
  public ImageDevice make(Path file, String format, long sizeBytes) throws IOException {
    List<String> line =
        sandbox.line(
            file,
            true,
            null,
            (at, none) -> {
              List<String> words = new ArrayList<>(List.of(QEMU_IMG, "create", "-q", "-f", format));
              if (format.equals(VHDX)) {
                words.addAll(List.of("-o", "subformat=dynamic"));
              }
              words.addAll(List.of(at, String.valueOf(sizeBytes)));
              return words;
            });
    sandbox.run(line);
    return ImageProcess.start(sandbox, file, format, true);
  }
}
