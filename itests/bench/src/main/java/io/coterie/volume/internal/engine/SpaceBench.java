package io.coterie.volume.internal.engine;

import io.coterie.crypto.aead.internal.AeadProviders;
import io.coterie.crypto.api.Aead;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;

/**
 * What a volume takes of memory and of the disk: one of 1 TiB with data all over it, opened with
 * little memory, and one that is four fifths full and overwritten at random.
 */
public final class SpaceBench {
  private static final int BLOCK = 4096;
  private static final long LARGE_BYTES = 1L << 40;

  /** One block for each so many bytes: each is in a leaf of the map of its own. */
  private static final long STEP_BYTES = 8L << 20;

  private static final int READS = 20_000;
  private static final long CHURN_BYTES = 4L << 30;
  private static final int CHURN_ROUNDS = 2;
  private static final int SAMPLE_WRITES = 8192;

  /** As many as come at once of a client with 16 in flight. */
  private static final int BATCH_WRITES = 8;

  private SpaceBench() {}

  /** {@code scatter|open|churn DIRECTORY}; prints {@code key=value} pairs. */
  public static void main(String[] args) throws Exception {
    Path directory = Files.createDirectories(Path.of(args[1]));
    switch (args[0]) {
      case "scatter" -> scatter(directory);
      case "open" -> open(directory);
      case "churn" -> churn(directory);
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  private static LogVolume volume(Path directory, long sizeBytes, boolean fresh)
      throws IOException {
    return BenchVolume.open(directory, sizeBytes, AeadProviders.usual(Aead.AES_256_GCM), fresh);
  }

  private static GuardedDevice writer(LogVolume volume) {
    return new GuardedDevice(volume, new GuardedDevice.Gate(GuardedDevice.Gate.Right.WRITE));
  }

  /** Ends without closing the volume, as a crash would. */
  private static void scatter(Path directory) throws Exception {
    GuardedDevice device = writer(volume(directory, LARGE_BYTES, true));
    byte[] block = new byte[BLOCK];
    for (long offset = 0; offset < LARGE_BYTES; offset += STEP_BYTES) {
      ByteBuffer.wrap(block).putLong(offset);
      device.write(offset, block, 0, BLOCK);
    }
    device.flush();
    Runtime.getRuntime().halt(0);
  }

  private static void open(Path directory) throws Exception {
    long began = System.nanoTime();
    LogVolume volume = volume(directory, LARGE_BYTES, false);
    long opened = System.nanoTime();
    byte[] block = new byte[BLOCK];
    Random random = new Random(1);
    for (int i = 0; i < READS; i++) {
      long offset = random.nextInt((int) (LARGE_BYTES / STEP_BYTES)) * STEP_BYTES;
      volume.read(offset, block, 0, BLOCK);
      if (ByteBuffer.wrap(block).getLong() != offset) {
        throw new IllegalStateException("another block at " + offset);
      }
    }
    long read = System.nanoTime();
    System.gc();
    long direct =
        ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
            .mapToLong(BufferPoolMXBean::getMemoryUsed)
            .sum();
    long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    System.out.printf(
        "open_ms=%d read_us=%.0f heap_mib=%.1f direct_mib=%.1f%n",
        (opened - began) / 1_000_000,
        (read - opened) / 1e3 / READS,
        heap / 1048576.0,
        direct / 1048576.0);
    volume.close();
  }

  private static void churn(Path directory) throws Exception {
    LogVolume volume = volume(directory, CHURN_BYTES, true);
    GuardedDevice device = writer(volume);
    int blocks = (int) (CHURN_BYTES / BLOCK / 5 * 4);
    byte[] data = new byte[1 << 20];
    Random random = new Random(1);
    for (long at = 0; at < (long) blocks * BLOCK; at += data.length) {
      random.nextBytes(data);
      device.write(at, data, 0, (int) Math.min(data.length, (long) blocks * BLOCK - at));
    }
    device.flush();
    long before = written();
    byte[] block = new byte[BLOCK];
    double worst = 0;
    double sum = 0;
    long longest = 0;
    int samples = 0;
    int writes = blocks * CHURN_ROUNDS;
    for (int i = 1; i <= writes; i++) {
      random.nextBytes(block);
      long began = System.nanoTime();
      device.write((long) random.nextInt(blocks) * BLOCK, block, 0, BLOCK);
      if (i % BATCH_WRITES == 0) {
        device.submit();
      }
      longest = Math.max(longest, System.nanoTime() - began);
      if (i % SAMPLE_WRITES == 0) {
        double now = (double) stored(directory) / volume.dataBytes();
        worst = Math.max(worst, now);
        sum += now;
        samples++;
      }
    }
    device.flush();
    System.out.printf(
        "worst=%.2f mean=%.2f log_bytes_per_byte=%.2f longest_write_ms=%d%n",
        worst,
        sum / samples,
        (double) (written() - before) / ((long) writes * BLOCK),
        longest / 1_000_000);
    volume.close();
  }

  /** Bytes that this process handed to the system. */
  private static long written() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/io"))) {
      if (line.startsWith("wchar: ")) {
        return Long.parseLong(line.substring(7));
      }
    }
    throw new IOException("no wchar in /proc/self/io");
  }

  private static long stored(Path directory) throws IOException {
    long sum = 0;
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        try {
          sum += Files.size(file);
        } catch (NoSuchFileException e) {
          continue; // a segment that was emptied just now
        }
      }
    }
    return sum;
  }
}
