package io.coterie.volume.image.internal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.EOFException;
import java.io.IOException;
import java.net.ProtocolException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server that an image took over says what it likes: the client believes none of it. */
@Timeout(60)
class NbdClientTest {
  private static final int WAIT_MILLIS = 300;
  private static final long OPTION_REPLY = 0x3e889045565a9L;
  private static final int CHUNK = 0x668e33ef;

  @TempDir Path scratch;

  private ServerSocketChannel server;

  @BeforeEach
  void begin() throws IOException {
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(scratch.resolve("s")));
  }

  @AfterEach
  void end() throws IOException {
    server.close();
  }

  private static ByteBuffer hello() {
    return ByteBuffer.allocate(18)
        .putLong(0x4e42444d41474943L)
        .putLong(0x49484156454F5054L)
        .putShort((short) 3)
        .flip();
  }

  private static ByteBuffer reply(int option, int type, byte[] body) {
    return ByteBuffer.allocate(20 + body.length)
        .putLong(OPTION_REPLY)
        .putInt(option)
        .putInt(type)
        .putInt(body.length)
        .put(body)
        .flip();
  }

  /** All that a good server of 1 MiB says before the first request. */
  private static ByteBuffer[] handshake() {
    byte[] context =
        ByteBuffer.allocate(19).putInt(5).put("base:allocation".getBytes(UTF_8)).array();
    byte[] export = ByteBuffer.allocate(12).putShort((short) 0).putLong(1 << 20).array();
    return new ByteBuffer[] {
      hello(),
      reply(8, 1, new byte[0]),
      reply(10, 4, context),
      reply(10, 1, new byte[0]),
      reply(7, 3, export),
      reply(7, 1, new byte[0])
    };
  }

  private static ByteBuffer chunk(int flags, int type, long cookie, byte[] body) {
    return ByteBuffer.allocate(20 + body.length)
        .putInt(CHUNK)
        .putShort((short) flags)
        .putShort((short) type)
        .putLong(cookie)
        .putInt(body.length)
        .put(body)
        .flip();
  }

  private NbdClient client(boolean thenEnd, ByteBuffer... said) throws IOException {
    TimedChannel channel = new TimedChannel(scratch.resolve("s"), "the server", WAIT_MILLIS);
    SocketChannel peer = server.accept();
    for (ByteBuffer bytes : said) {
      peer.write(bytes);
    }
    if (thenEnd) {
      peer.shutdownOutput();
    }
    return new NbdClient(channel);
  }

  private NbdClient talking(ByteBuffer... afterwards) throws IOException {
    ByteBuffer[] first = handshake();
    ByteBuffer[] all = new ByteBuffer[first.length + afterwards.length];
    System.arraycopy(first, 0, all, 0, first.length);
    System.arraycopy(afterwards, 0, all, first.length, afterwards.length);
    return client(false, all);
  }

  @Test
  void aGoodServerIsUnderstood() throws Exception {
    byte[] data = ByteBuffer.allocate(12).putLong(512).putInt(0x01020304).array();
    byte[] hole = ByteBuffer.allocate(12).putLong(516).putInt(4).array();
    byte[] status =
        ByteBuffer.allocate(28)
            .putInt(5)
            .putInt(512)
            .putInt(3)
            .putInt(8)
            .putInt(2)
            .putInt(8)
            .putInt(0)
            .array();
    try (NbdClient client =
        talking(chunk(0, 1, 1, data), chunk(1, 2, 1, hole), chunk(1, 5, 2, status))) {
      assertEquals(1 << 20, client.sizeBytes());
      byte[] read = {9, 9, 9, 9, 9, 9, 9, 9};
      client.read(512, read, 0, 8);
      assertArrayEquals(new byte[] {1, 2, 3, 4, 0, 0, 0, 0}, read);
      assertEquals(-520, client.extent(0, 4096));
    }
  }

  @Test
  void nonsenseInTheHandshakeIsRefused() throws Exception {
    assertThrows(ProtocolException.class, () -> client(false, ByteBuffer.allocate(18)));
    assertThrows(EOFException.class, () -> client(true, hello()));
    assertThrows(SocketTimeoutException.class, () -> client(false, hello()));
    ProtocolException refused =
        assertThrows(
            ProtocolException.class,
            () -> client(false, hello(), reply(8, 0x80000001, new byte[0])));
    assertTrue(refused.getMessage().contains("refuses"));
    ByteBuffer large = ByteBuffer.allocate(20);
    large.putLong(OPTION_REPLY).putInt(8).putInt(1).putInt(Integer.MAX_VALUE).flip();
    assertThrows(ProtocolException.class, () -> client(false, hello(), large));
    assertThrows(ProtocolException.class, () -> client(false, hello(), reply(9, 1, new byte[0])));
    ByteBuffer[] endless = new ByteBuffer[101];
    endless[0] = hello();
    for (int i = 1; i < endless.length; i++) {
      endless[i] = reply(8, 3, new byte[0]);
    }
    assertThrows(ProtocolException.class, () -> client(false, endless));
  }

  @Test
  void dataThatNobodyAskedForAreRefused() throws Exception {
    byte[][] bodies = {
      ByteBuffer.allocate(16).putLong(508).array(), // before the place
      ByteBuffer.allocate(17).putLong(512).array(), // longer
      ByteBuffer.allocate(9).putLong(512).array(), // less
      ByteBuffer.allocate(4).array() // no place
    };
    for (byte[] body : bodies) {
      try (NbdClient client = talking(chunk(1, 1, 1, body))) {
        assertThrows(ProtocolException.class, () -> client.read(512, new byte[8], 0, 8));
      }
    }
    byte[] fine = ByteBuffer.allocate(16).putLong(512).array();
    try (NbdClient client = talking(chunk(1, 1, 99, fine))) {
      assertThrows(ProtocolException.class, () -> client.read(512, new byte[8], 0, 8));
    }
    try (NbdClient client = talking(chunk(1, 77, 1, fine))) {
      assertThrows(ProtocolException.class, () -> client.read(512, new byte[8], 0, 8));
    }
    try (NbdClient client = talking(chunk(0, 1, 1, fine))) {
      assertThrows(SocketTimeoutException.class, () -> client.read(512, new byte[8], 0, 8));
    }
  }

  @Test
  void anErrorOfTheServerIsTold() throws Exception {
    byte[] error = ByteBuffer.allocate(6).putInt(5).array();
    try (NbdClient client = talking(chunk(1, 0x8001, 1, error), chunk(1, 0x8001, 2, error))) {
      IOException e = assertThrows(IOException.class, () -> client.read(0, new byte[8], 0, 8));
      assertTrue(e.getMessage().contains("error 5"), e.getMessage());
      assertThrows(IOException.class, () -> client.write(0, new byte[8], 0, 8));
    }
  }

  @Test
  void aStatusOfNothingOrOfSomethingElseIsRefused() throws Exception {
    byte[] other = ByteBuffer.allocate(12).putInt(6).putInt(512).array();
    byte[] nothing = ByteBuffer.allocate(12).putInt(5).array();
    byte[] odd = ByteBuffer.allocate(14).putInt(5).array();
    for (byte[] body : new byte[][] {other, nothing, odd}) {
      try (NbdClient client = talking(chunk(1, 5, 1, body))) {
        assertThrows(ProtocolException.class, () -> client.extent(0, 4096));
      }
    }
  }
}
