package io.coterie.mesh.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.base.seam.SystemClock;
import io.coterie.crypto.api.Suite;
import io.coterie.mesh.internal.tls.Handshakes;
import io.coterie.mesh.internal.tls.MeshCrypto;
import io.coterie.mesh.internal.tls.PeerVerifier;
import io.coterie.mesh.internal.tls.SecureSession;
import io.coterie.mesh.internal.tls.TlsConnection;
import io.coterie.testkit.MemoryIdentity;
import io.coterie.transport.api.Address;
import io.coterie.transport.api.Connection;
import io.coterie.transport.tcp.internal.TcpTransport;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A trusted device with perfect TLS that then breaks the link's protocol: its connection ends, and
 * nobody else notices.
 */
@Tag("S0-8.11")
@Timeout(60)
class HostilePeerTest {
  private static final int HELLO = 1;
  private static final int HELLO_TEXT_BYTES = 35;
  private static final int HELLO_BYTES = HELLO_TEXT_BYTES + 64;
  private static final int OFFER = 0;
  private static final int RESUME = 3;
  private static final int YES = 1;
  private static final int BUSY = 2;
  private static final int OPEN = 2;
  private static final int DATA = 4;
  private static final int CREDIT = 5;
  private static final int PING = 8;
  private static final int FENCE = 10;

  @TempDir Path scratch;
  private TestDevice a;
  private TestDevice b;
  private MemoryIdentity hostile;
  private boolean signing = true;

  @BeforeEach
  void twoDevicesAndATraitor() throws Exception {
    a = new TestDevice("a", Files.createDirectory(scratch.resolve("a")));
    b = new TestDevice("b", Files.createDirectory(scratch.resolve("b")));
    a.trust(b, true);
    b.trust(a, true);
    b.answer("echo", (peer, request) -> request);
    hostile = TestIdentities.make("x");
    b.peers.list.add(TestDevice.peer(hostile));
    assertEquals(3, a.mesh.call(b.identity.id(), "echo", new byte[3], 10_000).length);
  }

  @AfterEach
  void theOthersDidNotNotice() throws Exception {
    assertEquals(1, a.mesh.links().get(0).generation());
    assertEquals(
        3, a.mesh.call(b.identity.id(), "echo", new byte[3], 10_000).length, "after the test");
    a.close();
    b.close();
  }

  private static byte[] frame(int type, int flags, int length, int stream, int value, byte[] body) {
    return ByteBuffer.allocate(12 + body.length)
        .put((byte) type)
        .put((byte) flags)
        .putShort((short) length)
        .putInt(stream)
        .putInt(value)
        .put(body)
        .array();
  }

  /** A hello without its signature, which is put in when the connection is there. */
  private static byte[] hello(long generation) {
    return hello(OFFER, generation);
  }

  private static byte[] hello(int step, long generation) {
    byte[] body = new byte[HELLO_BYTES];
    ByteBuffer.wrap(body).put((byte) 3).put((byte) step).put((byte) 1).putLong(19, generation);
    return frame(HELLO, 0, HELLO_BYTES, 0, 0, body);
  }

  private void signHello(byte[] bytes, SecureSession session) throws IOException {
    if (signing && bytes.length >= 12 + HELLO_BYTES && bytes[0] == HELLO && bytes[12] == 3) {
      byte[] text = Arrays.copyOfRange(bytes, 12, 12 + HELLO_TEXT_BYTES);
      byte[] signature = handshakes().sign(session, true, text);
      System.arraycopy(signature, 0, bytes, 12 + HELLO_TEXT_BYTES, signature.length);
    }
  }

  private Handshakes handshakes() {
    MeshCrypto crypto = TestIdentities.crypto();
    PeerVerifier verifier =
        new PeerVerifier(crypto, id -> Optional.of(TestDevice.peer(b.identity)), new SystemClock());
    return new Handshakes(hostile, verifier, crypto, a.entropy, new SystemClock());
  }

  private static byte[] open(int stream) {
    byte[] name = "echo".getBytes(StandardCharsets.UTF_8);
    return frame(OPEN, 0, name.length, stream, 0, name);
  }

  private static byte[] join(byte[]... parts) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.write(part);
    }
    return all.toByteArray();
  }

  /** An authenticated connection of the traitor. */
  private final class Talk implements TlsConnection.Events {
    private final byte[] says;
    private final TlsConnection tls;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final ByteArrayOutputStream heard = new ByteArrayOutputStream();

    Talk(Suite suite, byte[] says) throws Exception {
      this.says = says;
      Connection connection = new TcpTransport().connect(Address.parse(b.address), 5_000);
      tls =
          new TlsConnection(
              connection,
              handshakes().client(suite, b.identity.id(), new byte[32]),
              Runnable::run,
              this);
      connection.start(tls);
      connection.eventThread().execute(tls::begin);
    }

    @Override
    public void onEstablished(SecureSession session) throws IOException {
      signHello(says, session);
      ByteBuffer all = ByteBuffer.wrap(says);
      while (all.hasRemaining()) {
        int part = Math.min(16_000, all.remaining());
        tls.send(all.slice(all.position(), part));
        all.position(all.position() + part);
      }
      tls.flush();
    }

    @Override
    public void onPlain(ByteBuffer data) {
      synchronized (heard) {
        heard.write(data.array(), data.arrayOffset() + data.position(), data.remaining());
        heard.notifyAll();
      }
      data.position(data.limit());
    }

    @Override
    public void onWritable() {
      // sends only once
    }

    @Override
    public void onClosed(Throwable reason) {
      ended.countDown();
    }

    /** What the device answered to the first frame: the verdict of its hello. */
    int verdict() throws Exception {
      synchronized (heard) {
        for (int i = 0; i < 50 && heard.size() < 12 + HELLO_BYTES; i++) {
          heard.wait(100);
        }
        assertTrue(heard.size() >= 12 + HELLO_BYTES, "no answer");
        return heard.toByteArray()[12 + 2];
      }
    }

    void close() throws Exception {
      tls.close();
      assertTrue(ended.await(10, TimeUnit.SECONDS));
    }
  }

  /** Sends it over an authenticated connection and tells whether the device ended that. */
  private boolean endedAfter(byte[] bytes) throws Exception {
    Talk talk = new Talk(Suite.STANDARD, bytes);
    boolean over = talk.ended.await(4, TimeUnit.SECONDS);
    talk.close();
    return over;
  }

  @Test
  void aFrameThatClaimsSixtyFourKibibytesEndsIt() throws Exception {
    assertTrue(endedAfter(join(hello(1), frame(DATA, 0, 0xffff, 1, 0, new byte[1 << 20]))));
  }

  @Test
  void anUnknownFrameTypeEndsIt() throws Exception {
    assertTrue(endedAfter(join(hello(1), frame(99, 0, 0, 0, 0, new byte[0]))));
    assertTrue(endedAfter(join(hello(1), frame(0, 0, 0, 0, 0, new byte[0]))));
    assertTrue(endedAfter(join(hello(1), frame(255, 0, 0, 0, 0, new byte[0]))));
  }

  @Test
  void aMebibyteOfNoiseEndsIt() throws Exception {
    byte[] noise = new byte[1 << 20];
    new Random(3).nextBytes(noise);
    assertTrue(endedAfter(noise));
    assertTrue(endedAfter(join(hello(1), noise)));
  }

  @Test
  void aServiceNameOfSixteenKibibytesEndsIt() throws Exception {
    byte[] name = new byte[16_000];
    assertTrue(endedAfter(join(hello(1), frame(OPEN, 0, name.length, 1, 0, name))));
    assertTrue(endedAfter(join(hello(1), frame(OPEN, 0, 0, 1, 0, new byte[0]))));
  }

  @Test
  void dataBeyondTheCreditEndsIt() throws Exception {
    byte[] part = frame(DATA, 0, 16_000, 1, 0, new byte[16_000]);
    byte[][] flood = new byte[80][];
    Arrays.fill(flood, part);
    // A service nobody serves: nobody reads, so no credit is ever given back.
    byte[] silent = frame(OPEN, 0, 4, 1, 0, "hold".getBytes(StandardCharsets.UTF_8));
    CountDownLatch held = new CountDownLatch(1);
    b.serve("hold", stream -> awaitQuietly(held));
    assertTrue(endedAfter(join(hello(1), silent, join(flood))));
    held.countDown();
  }

  private static void awaitQuietly(CountDownLatch latch) throws IOException {
    try {
      latch.await(20, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  @Test
  void creditWithoutMeasureEndsIt() throws Exception {
    byte[] credit = frame(CREDIT, 0, 0, 1, Integer.MAX_VALUE, new byte[0]);
    assertTrue(endedAfter(join(hello(1), open(1), credit, credit)));
  }

  @Test
  void streamsOfTheOtherSidesNumbersEndIt() throws Exception {
    assertTrue(endedAfter(join(hello(1), open(2))));
    assertTrue(endedAfter(join(hello(1), open(0))));
    assertTrue(endedAfter(join(hello(1), open(-1))));
    assertTrue(endedAfter(join(hello(1), open(1), open(1))));
  }

  @Test
  void aSecondHelloOrAWrongFirstFrameEndsIt() throws Exception {
    assertTrue(endedAfter(join(hello(1), hello(1))));
    assertTrue(endedAfter(open(1)));
    assertTrue(endedAfter(hello(0)));
    assertTrue(endedAfter(hello(-1)));
    byte[] cut = hello(1);
    cut[3] = 20;
    assertTrue(endedAfter(join(cut)));
  }

  @Test
  void aHelloWithoutTheSecondSignatureEndsIt() throws Exception {
    byte[] unsigned = hello(1);
    unsigned[0] = HELLO;
    unsigned[12] = 2;
    byte[] badlySigned = join(frame(PING, 0, 8, 0, 0, new byte[8]), unsigned);
    assertTrue(endedAfter(badlySigned), "another frame before the hello");
    signing = false;
    assertTrue(endedAfter(unsigned), "a hello with 64 zeros");
  }

  @Test
  void aMoveOfALinkThatIsNotThereEndsIt() throws Exception {
    assertTrue(endedAfter(hello(2)));
    assertTrue(endedAfter(hello(Long.MAX_VALUE)));
  }

  @Test
  void aLinkDoesNotGoOnByAWeakerSuiteThanItHas() throws Exception {
    Talk strong = new Talk(Suite.MAX, hello(1));
    assertEquals(YES, strong.verdict());
    Talk weak = new Talk(Suite.STANDARD, hello(RESUME, 2));
    assertEquals(BUSY, weak.verdict());
    assertTrue(strong.ended.await(5, TimeUnit.SECONDS), "its peer says that this one is dead");
    Talk again = new Talk(Suite.MAX, hello(RESUME, 3));
    assertEquals(YES, again.verdict());
    strong.close();
    weak.close();
    again.close();
  }

  @Test
  void aFenceWithoutANewConnectionEndsTheLinkInTime() throws Exception {
    byte[] afterFence = join(hello(1), frame(FENCE, 0, 0, 0, 0, new byte[0]));
    // It may still come: the link ends after the time of a move, 10 s. What follows the fence ends
    // it.
    assertFalse(endedAfter(afterFence));
  }

  @Test
  void aThousandStreamsAndPingsAreBounded() throws Exception {
    byte[][] flood = new byte[2_000][];
    for (int i = 0; i < flood.length; i += 2) {
      flood[i] = open(i + 1);
      flood[i + 1] = frame(PING, 0, 8, 0, 0, new byte[8]);
    }
    endedAfter(join(hello(1), join(flood)));
    assertTrue(b.mesh.links().size() <= 2, "links: " + b.mesh.links());
  }
}
