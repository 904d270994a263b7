package io.coterie.volume.nbd.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.coterie.volume.api.Access;
import io.coterie.volume.api.BlockDevice;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client sees when a reply cannot be ended. */
class TransmissionTest {
  private static final int SIZE = 4 << 20;

  /** Takes nothing for a while in the middle of a reply, then anything again. */
  private static final class SlowClient implements Duplex {
    private final ByteBuffer sent;
    private int writes;

    SlowClient(ByteBuffer sent) {
      this.sent = sent;
    }

    @Override
    public int read(ByteBuffer target) {
      if (!sent.hasRemaining()) {
        return -1;
      }
      while (sent.hasRemaining() && target.hasRemaining()) {
        target.put(sent.get());
      }
      return 1;
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
      writes++;
      if (writes == 2) {
        throw new SocketTimeoutException("60 s");
      }
      source.position(source.limit());
    }

    @Override
    public void close() {
      // Nothing is open.
    }
  }

  private record Open(BlockDevice device) implements Access {
    @Override
    public boolean readOnly() {
      return true;
    }

    @Override
    public String volume() {
      return "v";
    }

    @Override
    public void close() {
      // Nothing is open.
    }
  }

  private static BlockDevice sevens() {
    return (BlockDevice)
        Proxy.newProxyInstance(
            BlockDevice.class.getClassLoader(),
            new Class<?>[] {BlockDevice.class},
            (proxy, method, arguments) -> {
              switch (method.getName()) {
                case "sizeBytes":
                  return (long) SIZE;
                case "extent":
                  return arguments[1];
                case "read":
                  int from = (int) arguments[2];
                  Arrays.fill((byte[]) arguments[1], from, from + (int) arguments[3], (byte) 7);
                  return null;
                default:
                  return null;
              }
            });
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aReplyThatCouldNotBeEndedEndsTheClient(boolean structured) {
    ByteBuffer requests = ByteBuffer.allocate(2 * RawClient.REQUEST_BYTES);
    for (int i = 0; i < 2; i++) {
      requests.put(RawClient.request(Nbd.CMD_READ, i, 0, SIZE, 0).flip());
    }
    SlowClient client = new SlowClient(requests.flip());
    Transmission transmission =
        new Transmission(
            new InputBuffer(client),
            new ReplyBuffer(client),
            new Negotiation.Agreed(new Open(sevens()), structured, false));
    assertThrows(ReplyFailedException.class, transmission::run);
    assertEquals(2, client.writes, "nothing follows, it would be taken for data");
  }
}
