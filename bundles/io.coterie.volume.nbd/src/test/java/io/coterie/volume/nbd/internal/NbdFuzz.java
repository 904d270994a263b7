package io.coterie.volume.nbd.internal;

import io.coterie.volume.api.Access;
import io.coterie.volume.api.BlockDevice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A fuzz target: what a client of the block device server sends, from its first byte on. It is
 * served, or its connection ends; nothing else happens, and nothing outside the device is touched.
 */
public final class NbdFuzz {
  static final String EXPORT = "a.1.0123456789abcdef0123456789abcdef";
  private static final int SIZE = 64 * 1024;

  /** What a client may make us send for each byte that it sends, and the greeting. */
  private static final long MAX_ANSWER = 1L << 26;

  private NbdFuzz() {}

  /** A client that sent all it had and reads what comes. */
  private static final class Client implements Duplex {
    private final ByteBuffer sent;
    private long answered;

    Client(byte[] bytes) {
      sent = ByteBuffer.wrap(bytes);
    }

    @Override
    public int read(ByteBuffer target) {
      if (!sent.hasRemaining()) {
        return -1;
      }
      int count = Math.min(target.remaining(), sent.remaining());
      target.put(sent.slice(sent.position(), count));
      sent.position(sent.position() + count);
      return count;
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
      answered += source.remaining();
      source.position(source.limit());
      if (answered > MAX_ANSWER) {
        throw new IOException("the client has enough");
      }
    }

    @Override
    public void close() {
      // It ends by itself.
    }
  }

  /** A few bytes in memory that notice a request that should have been refused. */
  private static final class Bytes implements BlockDevice {
    private final byte[] content = new byte[SIZE];

    @Override
    public long sizeBytes() {
      return SIZE;
    }

    private static void check(long offset, long length) {
      if (offset < 0 || length < 0 || offset > SIZE - length) {
        throw new IllegalStateException("bytes " + offset + " + " + length + " got through");
      }
    }

    @Override
    public void read(long offset, byte[] target, int targetOffset, int lengthBytes) {
      check(offset, lengthBytes);
      System.arraycopy(content, (int) offset, target, targetOffset, lengthBytes);
    }

    @Override
    public void write(long offset, byte[] source, int sourceOffset, int lengthBytes) {
      check(offset, lengthBytes);
      System.arraycopy(source, sourceOffset, content, (int) offset, lengthBytes);
    }

    @Override
    public void zero(long offset, long lengthBytes) {
      check(offset, lengthBytes);
      Arrays.fill(content, (int) offset, (int) (offset + lengthBytes), (byte) 0);
    }

    @Override
    public void submit() {
      // It is there already.
    }

    @Override
    public void flush() {
      // It is as safe as memory.
    }

    @Override
    public long extent(long offset, long lengthBytes) {
      check(offset, lengthBytes);
      boolean data = content[(int) offset] != 0;
      int at = (int) offset;
      while (at < offset + lengthBytes && (content[at] != 0) == data) {
        at++;
      }
      return data ? at - offset : offset - at;
    }
  }

  /** The target. */
  public static void fuzzerTestOneInput(byte[] bytes) {
    Client client = new Client(bytes);
    InputBuffer in = new InputBuffer(client);
    ReplyBuffer out = new ReplyBuffer(client);
    try {
      Negotiation.Agreed agreed = new Negotiation(in, out, NbdFuzz::open).run();
      if (agreed != null) {
        new Transmission(in, out, agreed).run();
      }
    } catch (IOException e) {
      // its connection ends
    }
  }

  private static Access open(String export) {
    BlockDevice device = new Bytes();
    boolean readOnly = !export.equals(EXPORT);
    return new Access() {
      @Override
      public BlockDevice device() {
        return device;
      }

      @Override
      public boolean readOnly() {
        return readOnly;
      }

      @Override
      public String volume() {
        return "a";
      }

      @Override
      public void close() {
        // Nothing is held.
      }
    };
  }
}
