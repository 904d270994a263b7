package io.coterie.vm.qemu.internal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.coterie.base.error.CoterieException;
import io.coterie.base.error.ExitCode;
import io.coterie.ops.api.Progress;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Brings a disk image into a volume by {@code qemu-img}, in a process of its own. */
final class ImageImport {
  private static final String QEMU_IMG = "qemu-img";
  private static final long INFO_MILLIS = 20_000;

  /** qemu-img speaks only at each percent or two, which of a large image takes long. */
  private static final int STALL_MILLIS = 1_800_000;

  private static final int POLL_MILLIS = 50;
  private static final int MAX_TAIL_CHARS = 2_000;
  private static final int MAX_OUTPUT_CHARS = 1 << 20;
  private static final Pattern PERCENT = Pattern.compile("\\(([0-9.]+)/100%\\)");

  /**
   * What an image says of itself.
   *
   * @param format {@code qcow2} or {@code raw}
   */
  record Image(String format, long sizeBytes) {}

  /** Looks at an untrusted image and refuses what would read other files. */
  Image inspect(Path image) {
    if (!Files.isRegularFile(image)) {
      throw CoterieException.of(
          "COT-0701",
          ExitCode.NOT_FOUND,
          "there is no image " + image,
          "ls -l " + image.getParent());
    }
    try {
      if (Files.size(image) == 0) {
        throw unusable(image, "it is empty");
      }
      // -U: an image that somebody holds open is only looked at here.
      JsonNode info =
          new ObjectMapper()
              .readTree(output(List.of(QEMU_IMG, "info", "-U", "--output=json", image.toString())));
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
      if (!format.equals("qcow2") && !format.equals("raw")) {
        throw unusable(image, "its format is " + format);
      }
      return new Image(format, info.path("virtual-size").asLong());
    } catch (IOException e) {
      throw unusable(image, e.getMessage());
    }
  }

  private static CoterieException unusable(Path image, String why) {
    return CoterieException.of(
        "COT-0702",
        ExitCode.USAGE,
        "image " + image.getFileName() + " cannot be imported: " + why,
        "qemu-img convert -O qcow2 " + image + " flat.qcow2");
  }

  /** Copies the image into the export, reporting percents. */
  void copy(Path image, Image what, String nbdUri, Progress progress) throws IOException {
    List<String> line =
        List.of(
            QEMU_IMG,
            "convert",
            "-p",
            "-n",
            "-U",
            "-f",
            what.format(),
            "-O",
            "raw",
            image.toString(),
            nbdUri);
    run(line, progress);
  }

  /** Compares image and export block by block. */
  void compare(Path image, Image what, String nbdUri, Progress progress) throws IOException {
    run(
        List.of(
            QEMU_IMG,
            "compare",
            "-p",
            "-U",
            "-f",
            what.format(),
            "-F",
            "raw",
            image.toString(),
            nbdUri),
        progress);
  }

  private void run(List<String> line, Progress progress) throws IOException {
    Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
    StringBuilder tail = new StringBuilder();
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      StringBuilder part = new StringBuilder();
      int silentMillis = 0;
      while (out.ready() || process.isAlive()) {
        progress.checkCancelled();
        if (!out.ready()) {
          if (silentMillis > STALL_MILLIS) {
            throw new IOException(
                QEMU_IMG + " " + line.get(1) + " made no progress for " + STALL_MILLIS + " ms");
          }
          silentMillis += POLL_MILLIS;
          process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS);
          continue;
        }
        silentMillis = 0;
        int c = out.read();
        if (c == '\r' || c == '\n') {
          Matcher m = PERCENT.matcher(part);
          if (m.find()) {
            progress.report(line.get(1) + " of the image", (int) Double.parseDouble(m.group(1)));
          } else if (tail.length() < MAX_TAIL_CHARS) {
            tail.append(part).append(' ');
          }
          part.setLength(0);
        } else if (c >= 0 && part.length() < MAX_TAIL_CHARS) {
          part.append((char) c);
        }
      }
      tail.append(part);
      if (process.waitFor() != 0) {
        throw new IOException(QEMU_IMG + " " + line.get(1) + " failed: " + tail.toString().trim());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }

  private static String output(List<String> line) throws IOException {
    List<String> safe = new ArrayList<>(line);
    Process process = new ProcessBuilder(safe).redirectErrorStream(true).start();
    try {
      byte[] bytes = process.getInputStream().readNBytes(MAX_OUTPUT_CHARS);
      if (!process.waitFor(INFO_MILLIS, TimeUnit.MILLISECONDS)) {
        throw new IOException(QEMU_IMG + " did not answer in " + INFO_MILLIS + " ms");
      }
      String text = new String(bytes, StandardCharsets.UTF_8);
      if (process.exitValue() != 0) {
        throw new IOException(text.trim());
      }
      return text;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }
}
