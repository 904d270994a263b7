package io.coterie.volume.image.internal;

import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Speaks to a server of block devices (NetworkBlockDevice/nbd, doc/proto.md): fixed newstyle,
 * structured replies, base:allocation; one request at a time. What the server says is checked: it
 * has read an image that nobody trusts. One thread at a time.
 */
final class NbdClient implements AutoCloseable {
  /** What one request may ask for. */
  static final int MAX_REQUEST_BYTES = 1 << 20;

  private static final long MAGIC = 0x4e42444d41474943L;
  private static final long OPTION_MAGIC = 0x49484156454F5054L;
  private static final long OPTION_REPLY_MAGIC = 0x3e889045565a9L;
  private static final int REQUEST_MAGIC = 0x25609513;
  private static final int SIMPLE_REPLY_MAGIC = 0x67446698;
  private static final int CHUNK_MAGIC = 0x668e33ef;
  private static final int FIXED_NEWSTYLE_NO_ZEROES = 3;
  private static final int OPT_GO = 7;
  private static final int OPT_STRUCTURED_REPLY = 8;
  private static final int OPT_SET_META_CONTEXT = 10;
  private static final int REP_ACK = 1;
  private static final int REP_INFO = 3;
  private static final int REP_META_CONTEXT = 4;
  private static final int INFO_EXPORT = 0;
  private static final int CMD_READ = 0;
  private static final int CMD_WRITE = 1;
  private static final int CMD_DISC = 2;
  private static final int CMD_FLUSH = 3;
  private static final int CMD_WRITE_ZEROES = 6;
  private static final int CMD_BLOCK_STATUS = 7;
  private static final int CHUNK_DONE = 1;
  private static final int CHUNK_NONE = 0;
  private static final int CHUNK_DATA = 1;
  private static final int CHUNK_HOLE = 2;
  private static final int CHUNK_BLOCK_STATUS = 5;
  private static final int CHUNK_ERROR_BIT = 1 << 15;
  private static final int STATE_ZERO = 2;
  private static final byte[] BASE_ALLOCATION =
      "base:allocation".getBytes(StandardCharsets.US_ASCII);
  private static final int MAX_REPLY_BYTES = 64 * 1024;
  private static final int MAX_REPLIES = 64;
  private static final long MAX_STATUS_BYTES = 1L << 30;

  private final TimedChannel channel;
  private final ByteBuffer head = ByteBuffer.allocate(32);
  private final ByteBuffer payload = ByteBuffer.allocateDirect(MAX_REQUEST_BYTES);
  private final int allocationId;
  private long sizeBytes;
  private long cookie;

  /**
   * Negotiates.
   *
   * @param channel is closed with this, also when this fails
   */
  NbdClient(TimedChannel channel) throws IOException {
    this.channel = channel;
    try {
      ByteBuffer hello = bytes(18);
      require(hello.getLong() == MAGIC && hello.getLong() == OPTION_MAGIC, "no NBD server");
      require((hello.getShort() & 1) != 0, "it does not speak fixed newstyle");
      channel.write(ByteBuffer.allocate(4).putInt(FIXED_NEWSTYLE_NO_ZEROES).flip());
      option(OPT_STRUCTURED_REPLY, new byte[0], (type, body) -> {});
      int[] id = {-1};
      option(
          OPT_SET_META_CONTEXT,
          ByteBuffer.allocate(12 + BASE_ALLOCATION.length)
              .putInt(0)
              .putInt(1)
              .putInt(BASE_ALLOCATION.length)
              .put(BASE_ALLOCATION)
              .array(),
          (type, body) -> id[0] = type == REP_META_CONTEXT ? body.getInt() : id[0]);
      allocationId = id[0];
      sizeBytes = -1;
      option(OPT_GO, new byte[6], this::information);
      require(sizeBytes >= 0, "it tells no size");
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  long sizeBytes() {
    return sizeBytes;
  }

  private interface Reply {
    void take(int type, ByteBuffer body) throws IOException;
  }

  private void option(int option, byte[] body, Reply replies) throws IOException {
    channel.write(
        ByteBuffer.allocate(16 + body.length)
            .putLong(OPTION_MAGIC)
            .putInt(option)
            .putInt(body.length)
            .put(body)
            .flip());
    for (int i = 0; i < MAX_REPLIES; i++) {
      ByteBuffer reply = bytes(20);
      require(reply.getLong() == OPTION_REPLY_MAGIC, "a reply without its magic number");
      require(reply.getInt() == option, "a reply to another option");
      int type = reply.getInt();
      int length = reply.getInt();
      require(length >= 0 && length <= MAX_REPLY_BYTES, "a reply of " + length + " bytes");
      ByteBuffer content = ByteBuffer.allocate(length);
      channel.read(content);
      content.flip();
      require(type >= 0, "it refuses option " + option);
      if (type == REP_ACK) {
        return;
      }
      replies.take(type, content);
    }
    throw new ProtocolException("it answers option " + option + " without an end");
  }

  private void information(int type, ByteBuffer body) throws IOException {
    require(type == REP_INFO && body.remaining() >= 2, "a reply of type " + type);
    if (body.getShort() == INFO_EXPORT) {
      require(body.remaining() == 10, "a size in " + body.remaining() + " bytes");
      sizeBytes = body.getLong();
    }
  }

  /** At most {@link #MAX_REQUEST_BYTES}, inside the device. */
  void read(long offset, byte[] target, int targetOffset, int length) throws IOException {
    request(CMD_READ, offset, length);
    Arrays.fill(target, targetOffset, targetOffset + length, (byte) 0);
    int[] covered = new int[1];
    chunks(
        (type, size) -> {
          boolean good = type == CHUNK_DATA ? size > 8 : type == CHUNK_HOLE && size == 12;
          require(good, "a chunk of type " + type + " with " + size + " bytes");
          ByteBuffer place = bytes(type == CHUNK_HOLE ? 12 : 8);
          long at = place.getLong() - offset;
          int count = type == CHUNK_HOLE ? place.getInt() : size - 8;
          boolean asked = count > 0 && at >= 0 && at <= length - count;
          require(asked && covered[0] <= length - count, "data that nobody asked for");
          if (type == CHUNK_DATA) {
            payload.clear().limit(count);
            channel.read(payload);
            payload.flip().get(target, targetOffset + (int) at, count);
          }
          covered[0] += count;
        });
    require(covered[0] == length, "an answer of " + covered[0] + " bytes instead of " + length);
  }

  /** At most {@link #MAX_REQUEST_BYTES}, inside the device. */
  void write(long offset, byte[] source, int sourceOffset, int length) throws IOException {
    request(CMD_WRITE, offset, length);
    payload.clear();
    payload.put(source, sourceOffset, length).flip();
    channel.write(payload);
    acknowledged();
  }

  void zero(long offset, int length) throws IOException {
    request(CMD_WRITE_ZEROES, offset, length);
    acknowledged();
  }

  void flush() throws IOException {
    request(CMD_FLUSH, 0, 0);
    acknowledged();
  }

  /** See {@link io.coterie.volume.api.BlockDevice#extent}. */
  long extent(long offset, long lengthBytes) throws IOException {
    if (allocationId < 0) {
      return lengthBytes;
    }
    long[] found = new long[1];
    int[] answers = new int[1];
    request(CMD_BLOCK_STATUS, offset, (int) Math.min(lengthBytes, MAX_STATUS_BYTES));
    chunks(
        (type, size) -> {
          require(
              type == CHUNK_BLOCK_STATUS && size >= 12 && size % 8 == 4 && size <= MAX_REPLY_BYTES,
              "a chunk of type " + type + " with " + size + " bytes");
          ByteBuffer pairs = ByteBuffer.allocate(size);
          channel.read(pairs);
          pairs.flip();
          boolean right = pairs.getInt() == allocationId && answers[0]++ == 0;
          require(right, "the status of something else");
          found[0] = firstRun(pairs);
        });
    require(found[0] != 0, "a status of nothing");
    return found[0] > 0 ? Math.min(found[0], lengthBytes) : Math.max(found[0], -lengthBytes);
  }

  private static long firstRun(ByteBuffer pairs) {
    long run = 0;
    boolean zero = false;
    while (pairs.hasRemaining()) {
      long length = Integer.toUnsignedLong(pairs.getInt());
      boolean zeroHere = (pairs.getInt() & STATE_ZERO) != 0;
      if (run > 0 && zeroHere != zero) {
        break;
      }
      zero = zeroHere;
      run += length;
    }
    return zero ? -run : run;
  }

  private void request(int type, long offset, int length) throws IOException {
    head.clear();
    head.putInt(REQUEST_MAGIC).putShort((short) 0).putShort((short) type);
    head.putLong(++cookie).putLong(offset).putInt(length);
    channel.write(head.flip());
  }

  private interface Chunk {
    void take(int type, int lengthBytes) throws IOException;
  }

  /** Takes the chunks of one answer. */
  private void chunks(Chunk chunk) throws IOException {
    boolean done = false;
    while (!done) {
      require(bytes(4).getInt() == CHUNK_MAGIC, "no chunk");
      done = chunk(chunk);
    }
  }

  /** Takes one chunk behind its magic number; true when it is the last. */
  private boolean chunk(Chunk chunk) throws IOException {
    ByteBuffer reply = bytes(16);
    boolean last = (reply.getShort() & CHUNK_DONE) != 0;
    int type = reply.getShort() & 0xffff;
    require(reply.getLong() == cookie, "an answer to another request");
    int length = reply.getInt();
    require(length >= 0 && length <= MAX_REQUEST_BYTES + 8, "a chunk of " + length + " bytes");
    if ((type & CHUNK_ERROR_BIT) != 0) {
      throw failure(length);
    }
    if (type == CHUNK_NONE) {
      require(length == 0 && last, "an empty chunk in the middle");
    } else {
      chunk.take(type, length);
    }
    return last;
  }

  private IOException failure(int length) throws IOException {
    require(length >= 6 && length <= MAX_REPLY_BYTES, "an error of " + length + " bytes");
    ByteBuffer body = ByteBuffer.allocate(length);
    channel.read(body);
    body.flip();
    return new IOException("the image's server reports error " + body.getInt());
  }

  /** The answer to what returns no data. */
  private void acknowledged() throws IOException {
    int magic = bytes(4).getInt();
    if (magic == CHUNK_MAGIC) {
      boolean last =
          chunk((type, length) -> require(false, "a chunk of type " + type + " for a write"));
      require(last, "more than one answer to a write");
      return;
    }
    require(magic == SIMPLE_REPLY_MAGIC, "no answer to a write");
    ByteBuffer rest = bytes(12);
    int error = rest.getInt();
    require(rest.getLong() == cookie, "an answer to another request");
    if (error != 0) {
      throw new IOException("the image's server reports error " + error);
    }
  }

  private ByteBuffer bytes(int count) throws IOException {
    head.clear().limit(count);
    channel.read(head);
    return head.flip();
  }

  private static void require(boolean good, String otherwise) throws ProtocolException {
    if (!good) {
      throw new ProtocolException("the image's server: " + otherwise);
    }
  }

  @Override
  public void close() throws IOException {
    try {
      request(CMD_DISC, 0, 0);
    } finally {
      channel.close();
    }
  }
}
