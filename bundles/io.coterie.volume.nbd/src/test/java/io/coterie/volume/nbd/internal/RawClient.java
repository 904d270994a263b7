package io.coterie.volume.nbd.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A client that sends whatever it likes; it agreed to simple replies. */
final class RawClient implements Closeable {
  static final int REQUEST_BYTES = 28;

  final DataInputStream replies;
  private final SocketChannel channel;

  RawClient(Path socket, long sizeBytes) throws IOException {
    channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
    replies = new DataInputStream(Channels.newInputStream(channel));
    replies.skipNBytes(18);
    byte[] name = "v".getBytes(StandardCharsets.UTF_8);
    send(
        ByteBuffer.allocate(100)
            .putInt(Nbd.FLAG_FIXED_NEWSTYLE | Nbd.FLAG_NO_ZEROES)
            .putLong(Nbd.OPTION_MAGIC)
            .putInt(Nbd.OPT_EXPORT_NAME)
            .putInt(name.length)
            .put(name));
    assertEquals(sizeBytes, replies.readLong());
    replies.readShort();
  }

  /** Room for a payload is left behind the request. */
  static ByteBuffer request(int type, long cookie, long offset, int length, int payloadBytes) {
    return ByteBuffer.allocate(REQUEST_BYTES + payloadBytes)
        .putInt(Nbd.REQUEST_MAGIC)
        .putShort((short) 0)
        .putShort((short) type)
        .putLong(cookie)
        .putLong(offset)
        .putInt(length);
  }

  void send(ByteBuffer bytes) throws IOException {
    bytes.flip();
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Reads a reply without an error; returns its cookie. */
  long reply() throws IOException {
    assertEquals(Nbd.SIMPLE_REPLY_MAGIC, replies.readInt());
    int error = replies.readInt();
    long cookie = replies.readLong();
    assertEquals(0, error, "request " + cookie + " failed");
    return cookie;
  }

  /** Reads blocks, which must be there. */
  void read(long offset, byte[] target) throws IOException {
    send(request(Nbd.CMD_READ, offset, offset, target.length, 0));
    assertEquals(offset, reply());
    replies.readFully(target);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
