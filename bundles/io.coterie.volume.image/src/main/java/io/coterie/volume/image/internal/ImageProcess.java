package io.coterie.volume.image.internal;

import io.coterie.base.file.SafeFiles;
import io.coterie.volume.api.AccessRevokedException;
import io.coterie.volume.api.ImageDevice;
import java.io.IOException;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** An image behind a {@code qemu-nbd} of its own. One thread. */
final class ImageProcess implements ImageDevice {
  private static final String SOCKET = "nbd";

  /** Where the process cannot reach it. */
  private static final String OUT = "out";

  private static final int START_MILLIS = 20_000;
  private static final int POLL_MILLIS = 10;
  private static final int END_MILLIS = 20_000;

  /** Of a slow disk, a flush may take long. */
  private static final int ANSWER_MILLIS = 120_000;

  private final Path directory;
  private final Process process;
  private final NbdClient client;
  private final boolean writes;

  private ImageProcess(Path directory, Process process, NbdClient client, boolean writes) {
    this.directory = directory;
    this.process = process;
    this.client = client;
    this.writes = writes;
  }

  /** Starts the process and connects to it; on a failure nothing is left of it. */
  static ImageProcess start(Sandbox sandbox, Path image, String format, boolean writes)
      throws IOException {
    Path directory = sandbox.directory();
    Process process = null;
    try {
      Path out = directory.resolve(OUT);
      Path sockets = Files.createDirectory(directory.resolve("s"));
      List<String> line =
          sandbox.line(
              image,
              writes,
              sockets,
              (at, in) ->
                  List.of(
                      "qemu-nbd",
                      writes ? "--discard=unmap" : "--read-only",
                      "--detect-zeroes=off",
                      "--format=" + format,
                      "--socket=" + in + "/" + SOCKET,
                      at));
      process = Sandbox.start(line, out);
      TimedChannel channel = connect(process, sockets.resolve(SOCKET), out);
      NbdClient client = new NbdClient(channel);
      return new ImageProcess(directory, process, client, writes);
    } catch (IOException | RuntimeException e) {
      end(process, directory);
      throw e;
    }
  }

  /** Waits until the process listens. */
  private static TimedChannel connect(Process process, Path socket, Path out) throws IOException {
    try {
      for (int waited = 0; waited < START_MILLIS; waited += POLL_MILLIS) {
        if (!process.isAlive()) {
          throw new IOException("qemu-nbd ended: " + Sandbox.said(out));
        }
        try {
          return new TimedChannel(socket, "qemu-nbd", ANSWER_MILLIS);
        } catch (SocketException e) { // no socket yet, or nobody listens yet
          Thread.sleep(POLL_MILLIS);
        }
      }
      throw new IOException("qemu-nbd did not open its socket in " + START_MILLIS + " ms");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private static void end(Process process, Path directory) throws IOException {
    if (process != null) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
    SafeFiles.deleteTree(directory);
  }

  @Override
  public long sizeBytes() {
    return client.sizeBytes();
  }

  private interface Part {
    void at(long offset, int done, int lengthBytes) throws IOException;
  }

  private void inParts(long offset, long length, Part part) throws IOException {
    if (offset < 0 || length < 0 || offset > sizeBytes() - length) {
      throw new IllegalArgumentException("bytes " + offset + " + " + length + " are outside");
    }
    long done = 0;
    while (done < length) {
      int count = (int) Math.min(length - done, NbdClient.MAX_REQUEST_BYTES);
      part.at(offset + done, (int) done, count);
      done += count;
    }
  }

  @Override
  public void read(long offset, byte[] target, int targetOffset, int lengthBytes)
      throws IOException {
    inParts(
        offset,
        lengthBytes,
        (at, done, count) -> client.read(at, target, targetOffset + done, count));
  }

  @Override
  public void write(long offset, byte[] source, int sourceOffset, int lengthBytes)
      throws IOException {
    requireWriting();
    inParts(
        offset,
        lengthBytes,
        (at, done, count) -> client.write(at, source, sourceOffset + done, count));
  }

  @Override
  public void zero(long offset, long lengthBytes) throws IOException {
    requireWriting();
    inParts(offset, lengthBytes, (at, done, count) -> client.zero(at, count));
  }

  private void requireWriting() throws IOException {
    if (!writes) {
      throw new AccessRevokedException("the image was opened for reading");
    }
  }

  @Override
  public void submit() {
    // Each write was handed over when it was acknowledged.
  }

  @Override
  public void flush() throws IOException {
    client.flush();
  }

  @Override
  public long extent(long offset, long lengthBytes) throws IOException {
    if (offset < 0 || lengthBytes < 1 || offset > sizeBytes() - lengthBytes) {
      throw new IllegalArgumentException("outside the image");
    }
    return client.extent(offset, lengthBytes);
  }

  @Override
  public void close() throws IOException {
    try {
      client.close();
      if (!process.waitFor(END_MILLIS, TimeUnit.MILLISECONDS)) {
        throw new IOException("qemu-nbd did not end in " + END_MILLIS + " ms");
      }
      if (writes && process.exitValue() != 0) {
        throw new IOException("qemu-nbd failed: " + Sandbox.said(directory.resolve(OUT)));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      end(process, directory);
    }
  }
}
