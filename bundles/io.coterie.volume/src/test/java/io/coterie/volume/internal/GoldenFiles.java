package io.coterie.volume.internal;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.coterie.crypto.api.Aead;
import io.coterie.testkit.ManualClock;
import io.coterie.volume.api.BlockDevice;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** What stands in the golden files. Its main makes them anew, after a new version of a format. */
final class GoldenFiles {
  static final String VOLUME = "volume-2.zip";
  static final String ARCHIVE = "archive-1.cot";
  static final int SIZE = 2 << 20;
  static final long MADE_MILLIS = 1_750_000_000_000L;
  static final byte[] PASSPHRASE = "the golden passphrase".getBytes(UTF_8);

  private GoldenFiles() {}

  /** What was written before the snapshot, and what after it. */
  static void write(BlockDevice disk, byte[] model, int seed) throws IOException {
    Random random = new Random(seed);
    for (int i = 0; i < 12; i++) {
      byte[] data = new byte[512 * (1 + random.nextInt(20))];
      random.nextBytes(data);
      int offset = 512 * random.nextInt((SIZE - data.length) / 512);
      disk.write(offset, data, 0, data.length);
      System.arraycopy(data, 0, model, offset, data.length);
    }
    disk.zero(100_000 * seed, 70_000);
    System.arraycopy(new byte[70_000], 0, model, 100_000 * seed, 70_000);
  }

  static byte[] model(int writes) throws IOException {
    byte[] model = new byte[SIZE];
    for (int seed = 1; seed <= writes; seed++) {
      write(new Discarding(), model, seed);
    }
    return model;
  }

  /** Takes writes and keeps nothing: only the model counts. */
  private static final class Discarding implements BlockDevice {
    @Override
    public long sizeBytes() {
      return SIZE;
    }

    @Override
    public void read(long offset, byte[] target, int targetOffset, int lengthBytes) {
      throw new UnsupportedOperationException("nothing is kept");
    }

    @Override
    public void write(long offset, byte[] source, int sourceOffset, int lengthBytes) {
      // Nothing is kept.
    }

    @Override
    public void zero(long offset, long lengthBytes) {
      // Nothing is kept.
    }

    @Override
    public void submit() {
      // Nothing is kept.
    }

    @Override
    public void flush() {
      // Nothing is kept.
    }

    @Override
    public long extent(long offset, long lengthBytes) {
      throw new UnsupportedOperationException("nothing is kept");
    }
  }

  /** {@code DIRECTORY SCRATCH}. */
  public static void main(String[] args) throws Exception {
    Path target = Path.of(args[0]);
    Path scratch = Path.of(args[1]);
    ManualClock clock = new ManualClock(MADE_MILLIS);
    try (TestDevice a = new TestDevice("a", scratch, clock)) {
      byte[] model = new byte[SIZE];
      a.volumes.create("web", SIZE, Aead.AES_256_GCM);
      a.recipients.addPassphrase("web", "golden", PASSPHRASE);
      a.write("web", disk -> write(disk, model, 1));
      a.snapshots.create("web", "one", "the first of them");
      a.write("web", disk -> write(disk, model, 2));
      a.archives.write("web", "one", null, target.resolve(ARCHIVE), TestDevice.SILENT);
      a.close();
      try (OutputStream file = Files.newOutputStream(target.resolve(VOLUME));
          ZipOutputStream zip = new ZipOutputStream(file);
          Stream<Path> files = Files.list(a.directory("web"))) {
        for (Path path : files.sorted().toList()) {
          zip.putNextEntry(new ZipEntry(path.getFileName().toString()));
          zip.write(Files.readAllBytes(path));
        }
      }
    }
  }
}
