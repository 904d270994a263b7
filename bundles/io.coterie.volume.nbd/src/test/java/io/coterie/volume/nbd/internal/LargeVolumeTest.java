package io.coterie.volume.nbd.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A large volume with data all over it, in a process with little memory. */
@Timeout(180)
class LargeVolumeTest {
  private static final long SIZE = 1L << 40;
  private static final int BLOCK = 4096;

  /** The map of so many places takes more than the heap: each is in a leaf of its own. */
  private static final int PLACES = 16_384;

  private static final int HEAP_MEBIBYTES = 48;
  private static final long MOST_BYTES = 64L << 20;
  private static final int DEPTH = 64;
  private static final long TRIM_BYTES = 2L << 30;
  private static final int READS = 2_000;

  @TempDir Path scratch;

  @Test
  void oneOfATebibyteTakesNoMoreMemoryThanOthersAndIsThereAfterAKill() throws Exception {
    try (ServedVolume served = new ServedVolume(scratch, SIZE, HEAP_MEBIBYTES);
        RawClient client = served.connect()) {
      int answered = 0;
      for (int place = 0; place < PLACES; place++) {
        ByteBuffer write = RawClient.request(Nbd.CMD_WRITE, place, offset(place), BLOCK, BLOCK);
        client.send(write.putLong(place).position(write.capacity()));
        while (place - answered >= DEPTH) {
          assertEquals(answered++, client.reply());
        }
      }
      while (answered < PLACES) {
        assertEquals(answered++, client.reply());
      }
      read(client);
      isLittle(served);
    }
    try (ServedVolume served = new ServedVolume(scratch, SIZE, HEAP_MEBIBYTES);
        RawClient client = served.connect()) {
      assertEquals("0 damaged, takes writes true []", served.greeting);
      read(client);
      isLittle(served);
      trimAll(client);
      isLittle(served);
      byte[] block = new byte[BLOCK];
      for (int place = 0; place < PLACES; place += 97) {
        client.read(offset(place), block);
        assertArrayEquals(new byte[BLOCK], block);
      }
    }
  }

  /** As a guest does that makes a new file system: every leaf of the map changes, in one batch. */
  private static void trimAll(RawClient client) throws IOException {
    int trims = (int) (SIZE / TRIM_BYTES);
    ByteBuffer all = ByteBuffer.allocate(trims * RawClient.REQUEST_BYTES);
    for (int i = 0; i < trims; i++) {
      all.put(RawClient.request(Nbd.CMD_TRIM, i, i * TRIM_BYTES, (int) TRIM_BYTES, 0).flip());
    }
    client.send(all);
    for (int i = 0; i < trims; i++) {
      assertEquals(i, client.reply());
    }
  }

  private static long offset(int place) {
    return place * (SIZE / PLACES);
  }

  private static void read(RawClient client) throws IOException {
    byte[] block = new byte[BLOCK];
    Random random = new Random(1);
    for (int i = 0; i < READS; i++) {
      int place = random.nextInt(PLACES);
      client.read(offset(place), block);
      assertEquals(place, ByteBuffer.wrap(block).getLong());
    }
  }

  private static void isLittle(ServedVolume served) throws IOException {
    ServedVolume.Usage usage = served.usage();
    assertTrue(usage.heapBytes() + usage.directBytes() < MOST_BYTES, usage.toString());
  }
}
