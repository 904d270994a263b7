package io.coterie.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.coterie.transport.api.Address;
import io.coterie.transport.api.Connection;
import io.coterie.transport.api.ConnectionHandler;
import io.coterie.transport.api.Listener;
import io.coterie.transport.api.Transport;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every {@link Transport} does, whoever made it. A plugin's test extends this. */
@Timeout(60)
public abstract class TransportContract {
  private static final long WAIT_MILLIS = 10_000;

  private final BlockingQueue<Connection> accepted = new ArrayBlockingQueue<>(16);

  /** The transport under test. */
  protected abstract Transport transport();

  /** An address of this machine at which it may listen; the port may be 0. */
  protected abstract Address here();

  private static final class Recorder implements ConnectionHandler {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final AtomicInteger closings = new AtomicInteger();
    private final CountDownLatch writable = new CountDownLatch(1);
    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();

    @Override
    public synchronized void onData(ByteBuffer data) {
      threads.add(Thread.currentThread());
      byte[] part = new byte[data.remaining()];
      data.get(part);
      bytes.writeBytes(part);
      notifyAll();
    }

    @Override
    public void onWritable() {
      threads.add(Thread.currentThread());
      writable.countDown();
    }

    @Override
    public void onClosed(Throwable reason) {
      threads.add(Thread.currentThread());
      closings.incrementAndGet();
      closed.countDown();
    }

    synchronized byte[] await(int count) throws InterruptedException {
      long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(WAIT_MILLIS);
      while (bytes.size() < count) {
        long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        assertTrue(left > 0, bytes.size() + " of " + count + " bytes came");
        wait(left);
      }
      return bytes.toByteArray();
    }

    void awaitClosed() throws InterruptedException {
      assertTrue(closed.await(WAIT_MILLIS, TimeUnit.MILLISECONDS));
    }
  }

  private Connection next() throws InterruptedException {
    Connection connection = accepted.poll(WAIT_MILLIS, TimeUnit.MILLISECONDS);
    assertTrue(connection != null, "nobody was accepted");
    return connection;
  }

  @Test
  public void bytesCrossBothWaysInOrderOnOneThread() throws Exception {
    byte[] data = new byte[1 << 20];
    new Random(1).nextBytes(data);
    try (Listener door = transport().listen(here(), accepted::add)) {
      Connection client = transport().connect(door.address(), WAIT_MILLIS);
      Connection server = next();
      Recorder there = new Recorder();
      Recorder back = new Recorder();
      server.start(there);
      client.start(back);
      for (int at = 0; at < data.length; at += 10_007) {
        int part = Math.min(10_007, data.length - at);
        client.write(ByteBuffer.wrap(data.clone(), at, part));
        server.write(ByteBuffer.wrap(data.clone(), at, part));
        client.flush();
        server.flush();
      }
      assertArrayEquals(data, there.await(data.length));
      assertArrayEquals(data, back.await(data.length));
      client.close();
      there.awaitClosed();
      server.close();
      back.awaitClosed();
      assertEquals(1, there.closings.get());
      assertEquals(1, there.threads.size(), "calls of one connection came on " + there.threads);
    }
  }

  @Test
  public void whatWasFlushedBeforeTheCloseArrives() throws Exception {
    try (Listener door = transport().listen(here(), accepted::add)) {
      Connection client = transport().connect(door.address(), WAIT_MILLIS);
      Connection server = next();
      Recorder there = new Recorder();
      server.start(there);
      client.start(new Recorder());
      client.write(ByteBuffer.wrap(new byte[100_000]));
      client.flush();
      client.close();
      client.close(); // once more is no error
      there.await(100_000);
      there.awaitClosed();
      server.close();
    }
  }

  @Test
  public void aWriterIsToldToWaitAndWhenToGoOn() throws Exception {
    try (Listener door = transport().listen(here(), accepted::add)) {
      Connection client = transport().connect(door.address(), WAIT_MILLIS);
      Connection server = next();
      Recorder there = new Recorder();
      Recorder back = new Recorder();
      server.start(there);
      client.start(back);
      server.setReading(false);
      int sent = 0;
      while (client.isWritable() && sent < 512 << 20) {
        client.write(ByteBuffer.wrap(new byte[64 * 1024]));
        client.flush();
        sent += 64 * 1024;
        Thread.sleep(1); // the system's buffers fill meanwhile
      }
      assertFalse(client.isWritable(), "half a gibibyte was taken without a word");
      server.setReading(true);
      assertTrue(back.writable.await(WAIT_MILLIS, TimeUnit.MILLISECONDS));
      there.await(sent);
      client.close();
      server.close();
      there.awaitClosed();
    }
  }

  @Test
  public void aClosedListenerLeavesItsConnectionsAlone() throws Exception {
    Listener door = transport().listen(here(), accepted::add);
    Connection client = transport().connect(door.address(), WAIT_MILLIS);
    Connection server = next();
    Recorder there = new Recorder();
    server.start(there);
    client.start(new Recorder());
    Address address = door.address();
    door.close();
    client.write(ByteBuffer.wrap(new byte[10]));
    client.flush();
    there.await(10);
    assertThrows(IOException.class, () -> transport().connect(address, 1_000));
    client.close();
    server.close();
  }

  @Test
  public void anAddressInUseAndAnAddressWithNobodyAreErrors() throws Exception {
    try (Listener door = transport().listen(here(), accepted::add)) {
      assertThrows(IOException.class, () -> transport().listen(door.address(), accepted::add));
    }
    Listener gone = transport().listen(here(), accepted::add);
    Address nobody = gone.address();
    gone.close();
    assertThrows(IOException.class, () -> transport().connect(nobody, 1_000));
  }

  @Test
  public void tasksRunOneAfterTheOtherOnTheEventThread() throws Exception {
    try (Listener door = transport().listen(here(), accepted::add)) {
      Connection client = transport().connect(door.address(), WAIT_MILLIS);
      Connection server = next();
      server.start(new Recorder());
      client.start(new Recorder());
      int[] count = new int[1];
      CountDownLatch done = new CountDownLatch(2_000);
      Thread[] callers = new Thread[2];
      for (int i = 0; i < 2; i++) {
        callers[i] =
            new Thread(
                () -> {
                  for (int n = 0; n < 1_000; n++) {
                    client
                        .eventThread()
                        .execute(
                            () -> {
                              count[0]++; // no lock: one thread
                              done.countDown();
                            });
                  }
                });
        callers[i].start();
      }
      assertTrue(done.await(WAIT_MILLIS, TimeUnit.MILLISECONDS));
      assertEquals(2_000, count[0]);
      client.close();
      server.close();
    }
  }
}
