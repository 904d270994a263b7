package io.coterie.volume.image.internal;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/** A connection to a unix socket on which no wait lasts for ever. One thread at a time. */
final class TimedChannel implements AutoCloseable {
  private final String peer;
  private final SocketChannel channel;
  private final Selector selector;
  private final SelectionKey key;
  private final int timeoutMillis;

  /**
   * Connects.
   *
   * @param peer named when it does not answer
   */
  TimedChannel(Path socket, String peer, int timeoutMillis) throws IOException {
    this.peer = peer;
    this.timeoutMillis = timeoutMillis;
    this.channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(UnixDomainSocketAddress.of(socket));
      channel.configureBlocking(false);
      selector = Selector.open();
      key = channel.register(selector, 0);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** Fills the buffer. */
  void read(ByteBuffer target) throws IOException {
    while (target.hasRemaining()) {
      int count = channel.read(target);
      if (count < 0) {
        throw new EOFException(peer + " ended");
      }
      if (count == 0) {
        await(SelectionKey.OP_READ);
      }
    }
  }

  /** Writes the whole buffer. */
  void write(ByteBuffer source) throws IOException {
    while (source.hasRemaining()) {
      if (channel.write(source) == 0) {
        await(SelectionKey.OP_WRITE);
      }
    }
  }

  private void await(int operation) throws IOException {
    key.interestOps(operation);
    int ready = selector.select(timeoutMillis);
    selector.selectedKeys().clear();
    if (Thread.currentThread().isInterrupted()) {
      throw new IOException("interrupted");
    }
    if (ready == 0) {
      throw new SocketTimeoutException(peer + " made no progress for " + timeoutMillis + " ms");
    }
  }

  @Override
  public void close() throws IOException {
    selector.close();
    channel.close();
  }
}
