package io.coterie.volume.nbd.internal;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A {@link VolumeProcess} and its socket. */
final class ServedVolume implements AutoCloseable {
  private final Path socket;
  private final long sizeBytes;
  private final Process process;
  private final BufferedReader out;
  private final Writer in;

  /** What it said when it was ready. */
  final String greeting;

  /**
   * What a process holds after a full collection.
   *
   * @param heapBytes live objects
   * @param directBytes buffers outside of the heap
   */
  record Usage(long heapBytes, long directBytes, int threads, int files) {}

  /** Starts a process with a heap of so many MiB, and waits until it serves. */
  ServedVolume(Path scratch, long sizeBytes, int heapMebibytes) throws IOException {
    this.socket = scratch.resolve("s");
    this.sizeBytes = sizeBytes;
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heapMebibytes + "m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError", // as a device
                "-Xshare:auto",
                "-cp",
                classPath,
                VolumeProcess.class.getName(),
                scratch.resolve("volume").toString(),
                socket.toString(),
                Long.toString(sizeBytes))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    out = process.inputReader(StandardCharsets.UTF_8);
    in = process.outputWriter(StandardCharsets.UTF_8);
    greeting = out.readLine();
  }

  RawClient connect() throws IOException {
    return new RawClient(socket, sizeBytes);
  }

  Usage usage() throws IOException {
    in.write("\n");
    in.flush();
    String[] said = out.readLine().split(" ");
    return new Usage(
        Long.parseLong(said[0]),
        Long.parseLong(said[1]),
        Integer.parseInt(said[2]),
        Integer.parseInt(said[3]));
  }

  /** Kills it. */
  @Override
  public void close() throws InterruptedException {
    process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
  }
}
