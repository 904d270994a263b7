package io.coterie.ops.internal;

import io.coterie.base.codec.Sha256;
import io.coterie.base.device.DeviceHome;
import io.coterie.base.seam.Clock;
import io.coterie.base.seam.SystemClock;
import io.coterie.base.table.Json;
import io.coterie.ops.api.Audit;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The audit log: a line of JSON for each entry, with the hash of the line before. Full files are
 * put aside, and the oldest one goes. Format: docs/formats/audit.md.
 */
@Component(service = {Audit.class, AuditFile.class})
public final class AuditFile implements Audit {
  /** A file of this size is put aside. */
  static final int FILE_BYTES = 1024 * 1024;

  static final int FILES = 8;
  private static final int MAX_TEXT_CHARS = 300;
  private static final String FIRST = "0".repeat(64);
  private static final Pattern NUMBER = Pattern.compile("^\\{\"n\":([0-9]{1,18}),.*");
  private static final Pattern BEFORE = Pattern.compile(".*,\"prev\":\"([0-9a-f]{64})\"\\}$");
  private static final Logger LOG = LoggerFactory.getLogger(AuditFile.class);

  private final Path directory;
  private final Clock clock;
  private String last;
  private long number;

  /** In the device's home. */
  @Activate
  public AuditFile() throws IOException {
    this(DeviceHome.ofThisProcess().directory("log"), new SystemClock());
  }

  AuditFile(Path directory, Clock clock) {
    this.directory = directory;
    this.clock = clock;
    findEnd();
  }

  /**
   * Where the chain stands on the disk. What cannot be read does not keep the device from starting.
   */
  private void findEnd() {
    last = FIRST;
    number = 0;
    try {
      for (String line : lines(1)) {
        last = hash(line);
        Matcher begin = NUMBER.matcher(line);
        number = begin.matches() ? Long.parseLong(begin.group(1)) : 0;
      }
    } catch (IOException e) {
      LOG.error("COT-0114 the audit log cannot be read and begins anew: {}", e.getMessage());
    }
  }

  private Path file(int age) {
    return directory.resolve(age == 0 ? "audit.log" : "audit." + age + ".log");
  }

  @Override
  public synchronized void record(String event, String subject, String detail) {
    String line =
        "{\"n\":"
            + (number + 1)
            + ",\"at\":"
            + Json.string(Instant.ofEpochMilli(clock.wallMillis()).toString())
            + ",\"event\":"
            + Json.string(bounded(event))
            + ",\"subject\":"
            + Json.string(bounded(subject))
            + ",\"detail\":"
            + Json.string(bounded(detail))
            + ",\"prev\":\""
            + last
            + "\"}";
    try {
      append(line);
      number++;
      last = hash(line);
    } catch (IOException e) {
      LOG.error("COT-0114 the audit log takes no entry ({}): {}", e.getMessage(), line);
      findEnd(); // perhaps the line is there and was not forced
    }
  }

  private static String bounded(String text) {
    String safe = String.valueOf(text);
    int end = Math.min(safe.length(), MAX_TEXT_CHARS);
    return safe.substring(0, end).replaceAll("[\\p{IsControl}\\p{Cs}\\u2028\\u2029]", "?");
  }

  private void append(String line) throws IOException {
    Path file = file(0);
    if (Files.exists(file) && Files.size(file) >= FILE_BYTES) {
      for (int age = FILES - 1; age > 0; age--) {
        if (Files.exists(file(age - 1))) {
          Files.move(file(age - 1), file(age), StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
    if (Files.notExists(file)) {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
    // No channel: an interrupted thread must not lose an entry.
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.seek(whole(out));
      out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
      out.getFD().sync();
    }
  }

  /** Where the next line begins: half a line that a crash left is written over. */
  private static long whole(RandomAccessFile file) throws IOException {
    long end = file.length();
    while (end > 0) {
      file.seek(end - 1);
      if (file.read() == '\n') {
        break;
      }
      end--;
    }
    file.setLength(end);
    return end;
  }

  /**
   * The newest entries, oldest first.
   *
   * @param most how many at most
   */
  public synchronized List<String> lines(int most) throws IOException {
    List<String> lines = new ArrayList<>();
    for (int age = 0; age < FILES && lines.size() < most; age++) {
      if (Files.exists(file(age))) {
        lines.addAll(0, wholeLines(file(age)));
      }
    }
    return List.copyOf(lines.subList(Math.max(0, lines.size() - most), lines.size()));
  }

  private static List<String> wholeLines(Path file) throws IOException {
    // Half a character at the end is half a line too: no reason not to start.
    String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    int end = text.lastIndexOf('\n') + 1;
    return text.substring(0, end).lines().toList();
  }

  /** The number of the first entry of these whose link to the one before is broken, or -1. */
  public static long brokenAt(List<String> lines) {
    for (int i = 0; i < lines.size(); i++) {
      Matcher begin = NUMBER.matcher(lines.get(i));
      Matcher before = BEFORE.matcher(lines.get(i));
      boolean good =
          begin.matches()
              && before.matches()
              && (i == 0 || before.group(1).equals(hash(lines.get(i - 1))));
      if (!good) {
        return begin.matches() ? Long.parseLong(begin.group(1)) : 0;
      }
    }
    return -1;
  }

  private static String hash(String line) {
    return HexFormat.of().formatHex(Sha256.of(line.getBytes(StandardCharsets.UTF_8)));
  }
}
