package io.coterie.volume.nbd.internal;

import io.coterie.base.seam.Threads;
import java.io.Closeable;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A listening unix domain socket with mode 0600. A socket file that a dead process left is
 * replaced.
 */
final class UnixListener implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(UnixListener.class);
  private static final int BUFFER_BYTES = 1 << 20;
  private static final int BACKLOG = 64;

  private final Path path;
  private final ServerSocketChannel server;
  private final Object fileKey;

  UnixListener(Path path, Threads threads, Consumer<SocketChannel> accepted) throws IOException {
    this.path = path;
    Files.deleteIfExists(path);
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(path), BACKLOG);
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
    fileKey = fileKey(path);
    threads.start("nbd-accept", () -> loop(accepted));
  }

  private void loop(Consumer<SocketChannel> accepted) {
    while (server.isOpen()) {
      try {
        SocketChannel channel = server.accept();
        channel.setOption(StandardSocketOptions.SO_SNDBUF, BUFFER_BYTES);
        channel.setOption(StandardSocketOptions.SO_RCVBUF, BUFFER_BYTES);
        accepted.accept(channel);
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException e) {
        LOG.warn("COT-0604 a client could not be accepted: {}", e.toString());
      }
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    // The next version of this bundle may have put its own socket there already.
    if (fileKey.equals(fileKey(path))) {
      Files.deleteIfExists(path);
    }
  }

  private static Object fileKey(Path path) throws IOException {
    return Files.exists(path)
        ? Files.readAttributes(path, BasicFileAttributes.class).fileKey()
        : "";
  }
}
