package io.coterie.vm.qemu.internal;

import io.coterie.base.seam.Threads;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One user at the serial port of a guest. */
public final class SerialSession {
  private static final Logger LOG = LoggerFactory.getLogger(SerialSession.class);
  private static final int ESCAPE = 0x1d;
  private static final int BUFFER_BYTES = 4096;

  private final Path socket;
  private final Threads threads;

  public SerialSession(Path socket, Threads threads) {
    this.socket = socket;
    this.threads = threads;
  }

  /** Carries bytes until the guest ends, the user types Ctrl-], or the thread is interrupted. */
  public void run(InputStream keyboard, OutputStream screen) throws IOException {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(socket));
      threads.start("vm-console", () -> type(keyboard, channel));
      ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
      while (channel.read(buffer) >= 0) {
        screen.write(buffer.array(), 0, buffer.position());
        screen.flush();
        buffer.clear();
      }
    } catch (java.nio.channels.ClosedChannelException e) {
      LOG.debug("a console was left", e);
    }
  }

  private static void type(InputStream keyboard, SocketChannel channel) {
    try {
      for (int key = keyboard.read(); key >= 0 && key != ESCAPE; key = keyboard.read()) {
        channel.write(ByteBuffer.wrap(new byte[] {(byte) key}));
      }
      channel.close();
    } catch (IOException e) {
      LOG.debug("a console was left: {}", e.toString());
    }
  }
}
