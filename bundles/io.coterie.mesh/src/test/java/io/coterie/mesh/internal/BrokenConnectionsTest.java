package io.coterie.mesh.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.mesh.api.LinkStatus;
import io.coterie.mesh.api.Stream;
import io.coterie.mesh.api.StreamClass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What streams see of connections that are reset under them: nothing but a pause. */
@Tag("S0-2.2")
@Timeout(120)
class BrokenConnectionsTest {
  private static final long WAIT = 20_000;
  private static final long RENEW_MILLIS = 900;

  @TempDir Path scratch;
  private TestDevice a;
  private TestDevice b;
  private CuttingProxy proxy;

  @BeforeEach
  void twoDevicesWithABadCableBetween() throws Exception {
    // Their links also move to fresh keys all the time.
    a = new TestDevice("a", Files.createDirectory(scratch.resolve("a")), true, RENEW_MILLIS);
    b = new TestDevice("b", Files.createDirectory(scratch.resolve("b")), true, RENEW_MILLIS);
    proxy = new CuttingProxy(b.port());
    a.peers.list.add(TestDevice.peer(b.identity, proxy.address()));
    b.trust(a, false);
    b.serve("echo", LinkServiceTest::echo);
  }

  @AfterEach
  void close() throws Exception {
    proxy.close();
    a.close();
    b.close();
  }

  private LinkStatus link() {
    return a.mesh.links().get(0);
  }

  private static void read(Stream stream, byte[] target) throws IOException {
    for (int n = 0; n < target.length; ) {
      int more = stream.read(target, n, target.length - n, WAIT);
      assertTrue(more > 0, "the stream ended");
      n += more;
    }
  }

  private void echo(StreamClass streamClass, long seed, AtomicReference<Throwable> failure) {
    Random random = new Random(seed);
    byte[] sent = new byte[30_000];
    byte[] back = new byte[sent.length];
    try (Stream stream = a.mesh.open(b.identity.id(), "echo", streamClass, WAIT)) {
      while (link().breaks() < 12) {
        random.nextBytes(sent);
        stream.write(sent, 0, sent.length, WAIT);
        read(stream, back);
        assertArrayEquals(sent, back);
      }
    } catch (IOException | AssertionError e) {
      failure.compareAndSet(null, e);
    }
  }

  @Test
  void streamsGoOnWhenConnectionsAreResetWhileBytesFlow() throws Exception {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    a.mesh.open(b.identity.id(), "echo", StreamClass.RPC, WAIT).close();
    String linkId = link().linkId();
    Thread[] users = new Thread[4];
    for (int i = 0; i < users.length; i++) {
      StreamClass streamClass = i == 0 ? StreamClass.RPC : StreamClass.BULK;
      long seed = i;
      users[i] = new Thread(() -> echo(streamClass, seed, failure));
      users[i].start();
    }
    Random random = new Random(3);
    while (link().breaks() < 12 && failure.get() == null) {
      Thread.sleep(20 + random.nextInt(300));
      proxy.cut();
    }
    for (Thread user : users) {
      user.join();
    }
    assertNull(failure.get(), () -> "" + failure.get());
    assertEquals(1, a.mesh.links().size());
    assertEquals(linkId, link().linkId(), "it is still the same link");
    assertTrue(link().generation() > 6, "" + link());
  }

  @Test
  void whoeverWantsABrokenLinkBringsItBackAtOnce() throws Exception {
    a.mesh.open(b.identity.id(), "echo", StreamClass.RPC, WAIT).close();
    for (int i = 0; i < 5; i++) {
      proxy.cut();
      a.mesh.open(b.identity.id(), "echo", StreamClass.RPC, WAIT).close();
    }
    assertEquals(1, a.mesh.links().size());
  }

  /** The device behind the cable is another process now: it does not know the link. */
  @Test
  void aPeerThatRestartedFailsTheStreamsAndANewLinkIsMade() throws Exception {
    Stream stream = a.mesh.open(b.identity.id(), "echo", StreamClass.BULK, WAIT);
    String linkId = link().linkId();
    try (TestDevice again =
        new TestDevice(
            b.identity, Files.createDirectory(scratch.resolve("again")), true, RENEW_MILLIS)) {
      again.trust(a, false);
      again.serve("echo", LinkServiceTest::echo);
      proxy.leadTo(again.port());
      proxy.cut();
      assertThrows(IOException.class, () -> stream.read(new byte[1], 0, 1, WAIT));
      try (Stream fresh = a.mesh.open(b.identity.id(), "echo", StreamClass.BULK, WAIT)) {
        byte[] bytes = {1, 2, 3};
        fresh.write(bytes, 0, 3, WAIT);
        byte[] back = new byte[3];
        read(fresh, back);
        assertArrayEquals(bytes, back);
      }
      assertEquals(1, a.mesh.links().size());
      assertTrue(!link().linkId().equals(linkId));
    }
  }

  @Test
  void aLinkThatIsEndedOnPurposeIsNotBroughtBack() throws Exception {
    a.peers.list.clear();
    a.trust(b, true); // without the cable, which resets even what ends in good order
    Stream stream = a.mesh.open(b.identity.id(), "echo", StreamClass.BULK, WAIT);
    b.peers.list.clear();
    b.mesh.removed(a.identity.id());
    String why =
        assertThrows(IOException.class, () -> stream.read(new byte[1], 0, 1, WAIT)).getMessage();
    assertTrue(why.contains("the other device ended the link"), why);
    assertEquals(0, a.mesh.links().size());
  }
}
