package io.coterie.volume.nbd.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients that ask for more than they take. */
@Timeout(120)
class HostileClientsTest {
  private static final int SIZE = 64 << 20;
  private static final int HEAP_MEBIBYTES = 64;
  private static final int CLIENTS = 32;
  private static final int REQUESTS = 10_000;

  @TempDir Path scratch;

  @Test
  void clientsThatAskForMuchAndReadNothingTakeNoMemoryFromTheOthers() throws Exception {
    byte[] data = new byte[1 << 20];
    new Random(1).nextBytes(data);
    List<RawClient> greedy = new ArrayList<>();
    try (ServedVolume served = new ServedVolume(scratch, SIZE, HEAP_MEBIBYTES);
        RawClient good = served.connect()) {
      good.send(RawClient.request(Nbd.CMD_WRITE, 1, 0, data.length, data.length).put(data));
      assertEquals(1, good.reply());
      try {
        CountDownLatch answered = new CountDownLatch(CLIENTS);
        for (int i = 0; i < CLIENTS; i++) {
          RawClient client = served.connect();
          greedy.add(client);
          new Thread(() -> ask(client, answered), "greedy-" + i).start();
        }
        assertTrue(answered.await(20, TimeUnit.SECONDS), answered.getCount() + " got no answer");
        byte[] found = new byte[data.length];
        for (int i = 0; i < 20; i++) {
          good.read(0, found);
          assertArrayEquals(data, found);
        }
      } finally {
        for (RawClient client : greedy) {
          client.close();
        }
      }
    }
  }

  /** Each asks for 300 GiB, sees the first answer begin, and stops reading. */
  private static void ask(RawClient client, CountDownLatch begun) {
    try {
      ByteBuffer reads = ByteBuffer.allocate(100 * RawClient.REQUEST_BYTES);
      for (int i = 0; i < 100; i++) {
        reads.put(RawClient.request(Nbd.CMD_READ, i, 0, Nbd.MAX_REQUEST_BYTES, 0).flip());
      }
      client.send(reads);
      client.reply();
      begun.countDown();
      for (int i = 0; i < REQUESTS; i += 100) {
        reads.clear().position(reads.capacity());
        client.send(reads);
      }
    } catch (IOException e) {
      return; // it was closed, here or there
    }
  }
}
