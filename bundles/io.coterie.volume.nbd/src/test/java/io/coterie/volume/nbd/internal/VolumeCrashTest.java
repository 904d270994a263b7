package io.coterie.volume.nbd.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process with a volume is killed again and again while a client writes with many requests in
 * flight, snapshots come and go, and the cleaner works. Each block is what was acknowledged last,
 * or what was on its way: whole, and never anything older.
 */
@Tag("S1-2.1")
@Timeout(1800)
class VolumeCrashTest {
  private static final int ROUNDS = Integer.getInteger("coterie.rounds", 50);
  private static final long SEED = Long.getLong("coterie.seed", System.nanoTime());
  private static final int BLOCK = 4096;
  private static final int BLOCKS = 8192;
  private static final int MAX_RUN = 16;
  private static final int DEPTH = 16;
  private static final int MAX_LOAD_MILLIS = 500;

  @TempDir Path scratch;

  private final Random random = new Random(SEED);

  /** What each block was when it was acknowledged last; 0 for zeroes. */
  private final int[] acknowledged = new int[BLOCKS];

  /** Requests in flight by their cookie. */
  private final Map<Long, Write> inFlight = new HashMap<>();

  private final BitSet busy = new BitSet(BLOCKS);
  private Process process;
  private SocketChannel channel;
  private DataInputStream replies;
  private int version;

  /** Version 0 is a trim. */
  private record Write(int firstLba, int blocks, int version) {}

  @AfterEach
  void end() throws Exception {
    if (process != null) {
      process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    }
  }

  private Path socket() {
    return scratch.resolve("s");
  }

  private void start() throws Exception {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xshare:auto",
                "-cp",
                classPath,
                VolumeProcess.class.getName(),
                scratch.resolve("volume").toString(),
                socket().toString(),
                Long.toString((long) BLOCKS * BLOCK))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    assertEquals("0 damaged, takes writes true []", out.readLine(), "seed " + SEED);
    channel = SocketChannel.open(UnixDomainSocketAddress.of(socket()));
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
    assertEquals((long) BLOCKS * BLOCK, replies.readLong());
    replies.readShort();
  }

  private void send(ByteBuffer bytes) throws IOException {
    bytes.flip();
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static ByteBuffer request(int type, long cookie, Write at, int payloadBytes) {
    return ByteBuffer.allocate(28 + payloadBytes)
        .putInt(Nbd.REQUEST_MAGIC)
        .putShort((short) 0)
        .putShort((short) type)
        .putLong(cookie)
        .putLong((long) at.firstLba() * BLOCK)
        .putInt(at.blocks() * BLOCK);
  }

  private void writeSomething(long cookie) throws IOException {
    int blocks = 1 + random.nextInt(random.nextInt(4) == 0 ? MAX_RUN : 2);
    int first = random.nextInt(BLOCKS - blocks);
    int clash = busy.nextSetBit(first);
    if (clash >= 0 && clash < first + blocks) {
      return;
    }
    boolean trim = random.nextInt(20) == 0;
    Write write = new Write(first, blocks, trim ? 0 : ++version);
    busy.set(first, first + blocks);
    inFlight.put(cookie, write);
    ByteBuffer bytes =
        request(trim ? Nbd.CMD_TRIM : Nbd.CMD_WRITE, cookie, write, trim ? 0 : blocks * BLOCK);
    while (!trim && bytes.remaining() > 0) {
      bytes.putLong(content(first + (bytes.position() - 28) / BLOCK, write.version()));
    }
    send(bytes);
  }

  private static long content(int lba, int version) {
    return (long) lba << 32 | version;
  }

  private void awaitOne() throws IOException {
    assertEquals(Nbd.SIMPLE_REPLY_MAGIC, replies.readInt());
    assertEquals(0, replies.readInt(), "a write failed, seed " + SEED);
    Write write = inFlight.remove(replies.readLong());
    busy.clear(write.firstLba(), write.firstLba() + write.blocks());
    for (int i = 0; i < write.blocks(); i++) {
      acknowledged[write.firstLba() + i] = write.version();
    }
  }

  /** Writes until the process is gone. */
  private void load() throws IOException {
    try {
      for (long cookie = 1; ; cookie++) {
        writeSomething(cookie);
        while (inFlight.size() >= DEPTH) {
          awaitOne();
        }
      }
    } catch (EOFException e) {
      // killed
    } catch (IOException e) {
      assertTrue(
          String.valueOf(e.getMessage()).matches(".*(Broken pipe|reset).*"), e + ", seed " + SEED);
    }
    drain();
  }

  /** What was answered before the end counts, though it was read later. */
  private void drain() throws IOException {
    try {
      while (!inFlight.isEmpty()) {
        awaitOne();
      }
    } catch (IOException e) {
      channel.close();
    }
  }

  private void compare(int round) throws IOException {
    Map<Integer, Integer> onItsWay = new HashMap<>();
    for (Write write : inFlight.values()) {
      for (int i = 0; i < write.blocks(); i++) {
        onItsWay.put(write.firstLba() + i, write.version());
      }
    }
    int step = 64;
    byte[] data = new byte[step * BLOCK];
    for (int first = 0; first < BLOCKS; first += step) {
      send(request(Nbd.CMD_READ, 7, new Write(first, step, 0), 0));
      assertEquals(Nbd.SIMPLE_REPLY_MAGIC, replies.readInt());
      assertEquals(0, replies.readInt());
      replies.readLong();
      replies.readFully(data);
      for (int i = 0; i < step; i++) {
        acknowledged[first + i] =
            found(round, first + i, ByteBuffer.wrap(data, i * BLOCK, BLOCK), onItsWay);
      }
    }
    inFlight.clear();
    busy.clear();
  }

  private int found(int round, int lba, ByteBuffer block, Map<Integer, Integer> onItsWay) {
    String where = "round " + round + ", block " + lba + ", seed " + SEED;
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

  @Test
  void noKillTakesBackWhatWasAcknowledged() throws Exception {
    long written = 0;
    for (int round = 1; round <= ROUNDS; round++) {
      start();
      compare(round);
      int before = version;
      Thread killer = killer(random.nextInt(MAX_LOAD_MILLIS));
      killer.start();
      load();
      killer.join();
      written += version - before;
    }
    start();
    compare(ROUNDS + 1);
    System.out.println(ROUNDS + " kills, " + written + " writes, seed " + SEED);
    assertTrue(written > ROUNDS, "it was killed at work");
  }

  private Thread killer(int millis) {
    Process victim = process;
    return new Thread(
        () -> {
          try {
            Thread.sleep(millis);
            victim.destroyForcibly().waitFor();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        },
        "killer");
  }
}
