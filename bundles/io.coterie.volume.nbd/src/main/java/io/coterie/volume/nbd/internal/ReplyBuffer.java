package io.coterie.volume.nbd.internal;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Replies on their way: gathered and sent with one call a batch. One thread. */
final class ReplyBuffer {
  private static final int CAPACITY_BYTES = 512 * 1024;
  private static final int CHUNK_HEADER_BYTES = 20;

  private final Duplex client;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(CAPACITY_BYTES);

  ReplyBuffer(Duplex client) {
    this.client = client;
  }

  private void room(int count) throws IOException {
    if (buffer.remaining() < count) {
      send();
    }
  }

  /** Sends everything gathered. */
  void send() throws IOException {
    buffer.flip();
    try {
      if (buffer.hasRemaining()) {
        client.write(buffer);
      }
    } catch (IOException e) {
      throw new ReplyFailedException(e);
    } finally {
      buffer.clear();
    }
  }

  void simple(long cookie, int error) throws IOException {
    room(16);
    buffer.putInt(Nbd.SIMPLE_REPLY_MAGIC).putInt(error).putLong(cookie);
  }

  void raw(byte[] data, int offset, int count) throws IOException {
    int done = 0;
    while (done < count) {
      room(1);
      int part = Math.min(count - done, buffer.remaining());
      buffer.put(data, offset + done, part);
      done += part;
    }
  }

  private void chunk(long cookie, int flags, int type, int length) throws IOException {
    room(CHUNK_HEADER_BYTES + Math.min(length, 64));
    buffer
        .putInt(Nbd.CHUNK_MAGIC)
        .putShort((short) flags)
        .putShort((short) type)
        .putLong(cookie)
        .putInt(length);
  }

  void data(long cookie, boolean last, long offset, byte[] data, int count) throws IOException {
    chunk(cookie, last ? Nbd.CHUNK_DONE : 0, Nbd.CHUNK_OFFSET_DATA, 8 + count);
    buffer.putLong(offset);
    raw(data, 0, count);
  }

  void hole(long cookie, boolean last, long offset, int count) throws IOException {
    chunk(cookie, last ? Nbd.CHUNK_DONE : 0, Nbd.CHUNK_OFFSET_HOLE, 12);
    buffer.putLong(offset).putInt(count);
  }

  void error(long cookie, int error) throws IOException {
    chunk(cookie, Nbd.CHUNK_DONE, Nbd.CHUNK_ERROR, 6);
    buffer.putInt(error).putShort((short) 0);
  }

  /** Extents of the one known context: pairs of length and state. */
  void blockStatus(long cookie, int[] pairs, int count) throws IOException {
    chunk(cookie, Nbd.CHUNK_DONE, Nbd.CHUNK_BLOCK_STATUS, 4 + count * 8);
    room(4 + count * 8);
    buffer.putInt(Nbd.BASE_ALLOCATION_ID);
    for (int i = 0; i < 2 * count; i++) {
      buffer.putInt(pairs[i]);
    }
  }

  void greeting() throws IOException {
    buffer
        .putLong(Nbd.MAGIC)
        .putLong(Nbd.OPTION_MAGIC)
        .putShort((short) (Nbd.FLAG_FIXED_NEWSTYLE | Nbd.FLAG_NO_ZEROES));
    send();
  }

  void option(int option, int type, byte[] data) throws IOException {
    buffer
        .putLong(Nbd.OPTION_REPLY_MAGIC)
        .putInt(option)
        .putInt(type)
        .putInt(data.length)
        .put(data);
  }

  void exportName(long size, int flags, boolean zeroes) throws IOException {
    buffer.putLong(size).putShort((short) flags);
    if (zeroes) {
      buffer.put(new byte[124]);
    }
    send();
  }
}
