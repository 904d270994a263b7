package io.coterie.vm.qemu.internal;

import io.coterie.base.seam.Threads;
import io.coterie.mesh.api.Stream;
import java.io.Closeable;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries a guest's memory between QEMU's migration socket and a mesh stream. */
final class MemoryRelay implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(MemoryRelay.class);
  private static final int BUFFER_BYTES = 256 * 1024;
  private static final long WRITE_MILLIS = 60_000;

  private final Stream stream;
  private final Threads threads;
  private final Path path;
  private final ServerSocketChannel server;
  private volatile SocketChannel socket;

  /** At the source: QEMU will connect to {@code path}. */
  MemoryRelay(Stream stream, Path path, Threads threads) throws IOException {
    this.stream = stream;
    this.threads = threads;
    this.path = path;
    Files.deleteIfExists(path);
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(path));
    threads.start("vm-relay", this::acceptOne);
  }

  private void acceptOne() {
    try {
      socket = server.accept();
      carry(socket, stream, threads);
    } catch (IOException e) {
      LOG.debug("the memory relay ended: {}", e.toString());
    }
  }

  /** Carries both ways until either side ends; at the target too. */
  static void carry(SocketChannel socket, Stream stream, Threads threads) {
    threads.start("vm-relay-back", () -> streamToSocket(stream, socket));
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    try {
      while (socket.read(buffer) >= 0) {
        stream.write(buffer.array(), 0, buffer.position(), WRITE_MILLIS);
        buffer.clear();
      }
      stream.finish();
    } catch (IOException e) {
      LOG.debug("memory from QEMU: {}", e.toString());
      breakOff(socket, stream);
    }
  }

  private static void streamToSocket(Stream stream, SocketChannel socket) {
    byte[] buffer = new byte[BUFFER_BYTES];
    try {
      for (int count = stream.read(buffer, 0, buffer.length, 0);
          count >= 0;
          count = stream.read(buffer, 0, buffer.length, 0)) {
        ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, count);
        while (bytes.hasRemaining()) {
          socket.write(bytes);
        }
      }
      socket.shutdownOutput(); // the other direction still carries QEMU's acknowledgement
    } catch (IOException e) {
      LOG.debug("memory to QEMU: {}", e.toString());
      breakOff(socket, stream);
    }
  }

  /** Ends both sides, so that QEMU sees at once that its migration is broken. */
  private static void breakOff(SocketChannel socket, Stream stream) {
    stream.reset();
    try {
      socket.close();
    } catch (IOException e) {
      LOG.debug("closing QEMU's migration socket", e);
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    SocketChannel open = socket;
    if (open != null) {
      open.close();
    }
    stream.reset();
    Files.deleteIfExists(path);
  }
}
