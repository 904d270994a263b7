package io.coterie.control.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class FramesTest {
  private Path directory;
  private SocketChannel client;
  private Frames server;

  @BeforeEach
  void connect() throws IOException {
    directory = Files.createTempDirectory("cbt");
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(directory.resolve("s"));
    try (ServerSocketChannel door = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      door.bind(address);
      client = SocketChannel.open(address);
      server = new Frames(door.accept());
    }
  }

  @AfterEach
  void end() throws IOException {
    client.close();
    server.close();
    Files.delete(directory.resolve("s"));
    Files.delete(directory);
  }

  private void send(int type, int length, byte[] payload) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(5 + payload.length);
    bytes.put((byte) type).putInt(length).put(payload).flip();
    while (bytes.hasRemaining()) {
      client.write(bytes);
    }
  }

  @Test
  void framesOfAllAllowedLengthsArrive() throws Exception {
    for (int length : new int[] {0, 1, 1000, Frames.MAX_PAYLOAD_BYTES}) {
      byte[] payload = new byte[length];
      java.util.Arrays.fill(payload, (byte) 7);
      send('A', length, payload);
      Frames.Frame frame = server.read();
      assertEquals('A', frame.type());
      assertArrayEquals(payload, frame.payload());
    }
    client.close();
    assertNull(server.read());
  }

  @Test
  void aFrameThatIsTooLongOrNegativeIsRefusedBeforeItIsRead() throws Exception {
    send('A', Frames.MAX_PAYLOAD_BYTES + 1, new byte[0]);
    assertThrows(IOException.class, server::read);
    send('A', -1, new byte[0]);
    assertThrows(IOException.class, server::read);
    send('A', Integer.MAX_VALUE, new byte[0]);
    assertThrows(IOException.class, server::read);
  }

  @Test
  void aClientThatLeavesWithinAFrameIsNoticed() throws Exception {
    send('A', 100, new byte[10]);
    client.close();
    assertThrows(IOException.class, server::read);
  }
}
