package io.coterie.volume.nbd.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

/**
 * Random writes and trims with many in flight, of which it is known what was acknowledged last for
 * each block.
 */
final class VerifiedLoad {
  private static final int BLOCK = 4096;
  private static final int MAX_RUN = 16;
  private static final int DEPTH = 16;
  private static final int READ_BLOCKS = 64;

  private final Random random;
  private final int blocks;

  /** What each block was when it was acknowledged last; 0 for zeroes. */
  private final int[] acknowledged;

  /** Requests in flight by their cookie. */
  private final Map<Long, Write> inFlight = new HashMap<>();

  private final BitSet busy;
  private RawClient client;
  private long cookie;
  private int version;

  /** Version 0 is a trim. */
  private record Write(int firstLba, int blocks, int version) {}

  VerifiedLoad(Random random, int blocks) {
    this.random = random;
    this.blocks = blocks;
    this.acknowledged = new int[blocks];
    this.busy = new BitSet(blocks);
  }

  void use(RawClient next) {
    client = next;
  }

  /** How many writes there were. */
  int writes() {
    return version;
  }

  /** One write more, and answers until there is room for the next. */
  void step() throws IOException {
    writeSomething();
    while (inFlight.size() >= DEPTH) {
      awaitOne();
    }
  }

  /** Writes until the other side is gone. */
  void untilItEnds() throws IOException {
    try {
      while (true) {
        step();
      }
    } catch (EOFException e) {
      // killed
    } catch (IOException e) {
      assertTrue(String.valueOf(e.getMessage()).matches(".*(Broken pipe|reset).*"), e.toString());
    }
    try {
      drain(); // what was answered before the end counts, though it was read later
    } catch (IOException e) {
      client.close();
    }
  }

  /** Waits for all answers. */
  void drain() throws IOException {
    while (!inFlight.isEmpty()) {
      awaitOne();
    }
  }

  private void writeSomething() throws IOException {
    int count = 1 + random.nextInt(random.nextInt(4) == 0 ? MAX_RUN : 2);
    int first = random.nextInt(blocks - count);
    int clash = busy.nextSetBit(first);
    if (clash >= 0 && clash < first + count) {
      return;
    }
    boolean trim = random.nextInt(20) == 0;
    Write write = new Write(first, count, trim ? 0 : ++version);
    busy.set(first, first + count);
    inFlight.put(++cookie, write);
    ByteBuffer bytes =
        RawClient.request(
            trim ? Nbd.CMD_TRIM : Nbd.CMD_WRITE,
            cookie,
            (long) first * BLOCK,
            count * BLOCK,
            trim ? 0 : count * BLOCK);
    while (!trim && bytes.remaining() > 0) {
      int lba = first + (bytes.position() - RawClient.REQUEST_BYTES) / BLOCK;
      bytes.putLong(content(lba, write.version()));
    }
    client.send(bytes);
  }

  private static long content(int lba, int version) {
    return (long) lba << 32 | version;
  }

  private void awaitOne() throws IOException {
    Write write = inFlight.remove(client.reply());
    busy.clear(write.firstLba(), write.firstLba() + write.blocks());
    for (int i = 0; i < write.blocks(); i++) {
      acknowledged[write.firstLba() + i] = write.version();
    }
  }

  /**
   * Each block is what was acknowledged last or, where a write was not answered, what that wrote:
   * whole, and never anything older.
   */
  void compare(String where) throws IOException {
    Map<Integer, Integer> onItsWay = new HashMap<>();
    for (Write write : inFlight.values()) {
      for (int i = 0; i < write.blocks(); i++) {
        onItsWay.put(write.firstLba() + i, write.version());
      }
    }
    byte[] data = new byte[READ_BLOCKS * BLOCK];
    for (int first = 0; first < blocks; first += READ_BLOCKS) {
      client.read((long) first * BLOCK, data);
      for (int i = 0; i < READ_BLOCKS; i++) {
        acknowledged[first + i] =
            found(where, first + i, ByteBuffer.wrap(data, i * BLOCK, BLOCK), onItsWay);
      }
    }
    inFlight.clear();
    busy.clear();
  }

  private int found(String when, int lba, ByteBuffer block, Map<Integer, Integer> onItsWay) {
    String where = when + ", block " + lba;
    long one = block.getLong();
    while (block.hasRemaining()) {
      assertEquals(one, block.getLong(), where + " is a mixture");
    }
    int is = (int) one;
    assertTrue(one == 0 || one == content(lba, is), where + " holds another block");
    if (is != acknowledged[lba] && !onItsWay.getOrDefault(lba, acknowledged[lba]).equals(is)) {
      fail(where + " is of write " + is + ", and write " + acknowledged[lba] + " was acknowledged");
    }
    return is;
  }
}
