package io.coterie.volume.nbd.internal;

import io.coterie.volume.api.AccessRevokedException;
import io.coterie.volume.api.BlockDevice;
import java.io.IOException;
import java.util.Locale;

/**
 * Serves the requests of one client, in batches: everything that is in the socket is handled in
 * order, then staged writes are handed to the system with one call, and only then all replies go
 * out with one call.
 */
final class Transmission {
  private static final int WINDOW_BYTES = 128 * 1024;
  private static final int SPARSE_READ_BYTES = 64 * 1024;
  private static final int MAX_PENDING_WRITES = 512;
  private static final int MAX_EXTENTS = 1024;

  private final InputBuffer in;
  private final ReplyBuffer out;
  private final BlockDevice device;
  private final Negotiation.Agreed agreed;
  private final byte[] window = new byte[WINDOW_BYTES];
  private final long[] pendingWrites = new long[MAX_PENDING_WRITES];
  private int pendingCount;

  Transmission(InputBuffer in, ReplyBuffer out, Negotiation.Agreed agreed) {
    this.in = in;
    this.out = out;
    this.device = agreed.access().device();
    this.agreed = agreed;
  }

  /** One request, its payload still unread. */
  private record Request(int flags, int type, long cookie, long offset, long length) {
    boolean has(int flag) {
      return (flags & flag) != 0;
    }
  }

  /** Serves until the client disconnects. */
  void run() throws IOException {
    while (in.await(Nbd.REQUEST_BYTES)) {
      Request request = next();
      if (request.type() == Nbd.CMD_DISC) {
        endBatch();
        return;
      }
      handle(request);
      if (in.available() < Nbd.REQUEST_BYTES || pendingCount == MAX_PENDING_WRITES) {
        endBatch();
        out.send();
      }
    }
  }

  private Request next() throws IOException {
    int magic = in.i32();
    if (magic != Nbd.REQUEST_MAGIC) {
      throw new IOException("request magic " + Integer.toHexString(magic));
    }
    return new Request(in.u16(), in.u16(), in.i64(), in.i64(), in.u32());
  }

  private void handle(Request r) throws IOException {
    if (r.type() == Nbd.CMD_WRITE) {
      write(r);
      return;
    }
    int refusal = refusal(r);
    if (refusal != 0) {
      fail(r, refusal);
      return;
    }
    try {
      switch (r.type()) {
        case Nbd.CMD_READ -> read(r);
        case Nbd.CMD_FLUSH -> {
          endBatch();
          device.flush();
          out.simple(r.cookie(), 0);
        }
        case Nbd.CMD_TRIM -> zero(r, true);
        case Nbd.CMD_WRITE_ZEROES -> zero(r, false);
        case Nbd.CMD_BLOCK_STATUS -> blockStatus(r);
        default -> fail(r, Nbd.EINVAL);
      }
    } catch (ReplyFailedException e) {
      throw e;
    } catch (IOException e) {
      fail(r, errno(e));
    }
  }

  /** Errors go out in the form that the client agreed to for this kind of request. */
  private void fail(Request r, int error) throws IOException {
    boolean chunked =
        agreed.structured() && (r.type() == Nbd.CMD_READ || r.type() == Nbd.CMD_BLOCK_STATUS);
    if (chunked) {
      out.error(r.cookie(), error);
    } else {
      out.simple(r.cookie(), error);
    }
  }

  private int refusal(Request r) {
    int allowed =
        switch (r.type()) {
          case Nbd.CMD_READ -> Nbd.CMD_FLAG_DF | Nbd.CMD_FLAG_FUA;
          case Nbd.CMD_WRITE, Nbd.CMD_TRIM, Nbd.CMD_FLUSH -> Nbd.CMD_FLAG_FUA;
          case Nbd.CMD_WRITE_ZEROES ->
              Nbd.CMD_FLAG_FUA | Nbd.CMD_FLAG_NO_HOLE | Nbd.CMD_FLAG_FAST_ZERO;
          case Nbd.CMD_BLOCK_STATUS -> Nbd.CMD_FLAG_REQ_ONE | Nbd.CMD_FLAG_FUA;
          default -> 0;
        };
    if ((r.flags() & ~allowed) != 0) {
      return Nbd.EINVAL;
    }
    if (r.type() == Nbd.CMD_FLUSH) {
      return 0;
    }
    boolean changes =
        r.type() == Nbd.CMD_TRIM || r.type() == Nbd.CMD_WRITE_ZEROES || r.type() == Nbd.CMD_WRITE;
    if (changes && agreed.access().readOnly()) {
      return Nbd.EPERM;
    }
    long size = device.sizeBytes();
    if (r.offset() < 0 || r.length() == 0 || r.offset() > size - r.length()) {
      boolean writes = changes && r.type() != Nbd.CMD_TRIM;
      return writes ? Nbd.ENOSPC : Nbd.EINVAL;
    }
    boolean data = r.type() == Nbd.CMD_READ || r.type() == Nbd.CMD_WRITE;
    if (data && r.length() > Nbd.MAX_REQUEST_BYTES) {
      return Nbd.EINVAL;
    }
    if (r.type() == Nbd.CMD_BLOCK_STATUS && !agreed.allocationContext()) {
      return Nbd.EINVAL;
    }
    return 0;
  }

  private static int errno(IOException e) {
    if (e instanceof AccessRevokedException) {
      return Nbd.EPERM;
    }
    String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
    return message.contains("no space left") ? Nbd.ENOSPC : Nbd.EIO;
  }

  private void write(Request r) throws IOException {
    int error = refusal(r);
    if (r.length() > 2L * Nbd.MAX_REQUEST_BYTES) {
      throw new IOException("a write of " + r.length() + " bytes");
    }
    long done = 0;
    while (done < r.length()) {
      int part = (int) Math.min(WINDOW_BYTES, r.length() - done);
      in.bytes(window, 0, part);
      if (error == 0) {
        try {
          device.write(r.offset() + done, window, 0, part);
        } catch (IOException e) {
          error = errno(e);
        }
      }
      done += part;
    }
    if (error != 0) {
      out.simple(r.cookie(), error);
    } else {
      pendingWrites[pendingCount++] = r.cookie();
      if (r.has(Nbd.CMD_FLAG_FUA)) {
        endBatchDurably();
      }
    }
  }

  /** Acknowledges the writes of the batch, now that the system has them. */
  private void endBatch() throws IOException {
    acknowledge(false);
  }

  private void endBatchDurably() throws IOException {
    acknowledge(true);
  }

  private void acknowledge(boolean durably) throws IOException {
    int error = 0;
    if (pendingCount > 0) {
      try {
        if (durably) {
          device.flush();
        } else {
          device.submit();
        }
      } catch (IOException e) {
        error = errno(e);
      }
    }
    for (int i = 0; i < pendingCount; i++) {
      out.simple(pendingWrites[i], error);
    }
    pendingCount = 0;
  }

  private void zero(Request r, boolean advisory) throws IOException {
    long from = r.offset();
    long to = r.offset() + r.length();
    if (advisory) {
      // A trim of a part of a block would cost a write: it is a hint, so only whole blocks go.
      from =
          (from + BlockDevice.BLOCK_BYTES - 1) / BlockDevice.BLOCK_BYTES * BlockDevice.BLOCK_BYTES;
      to = to / BlockDevice.BLOCK_BYTES * BlockDevice.BLOCK_BYTES;
    }
    if (from < to) {
      device.zero(from, to - from);
    }
    pendingWrites[pendingCount++] = r.cookie();
    if (r.has(Nbd.CMD_FLAG_FUA)) {
      endBatchDurably();
    } else if (pendingCount == MAX_PENDING_WRITES) {
      endBatch();
    }
  }

  private void read(Request r) throws IOException {
    if (!agreed.structured()) {
      readSimple(r);
      return;
    }
    if (r.has(Nbd.CMD_FLAG_DF)) {
      if (r.length() > WINDOW_BYTES) {
        fail(r, Nbd.EOVERFLOW);
        return;
      }
      device.read(r.offset(), window, 0, (int) r.length());
      out.data(r.cookie(), true, r.offset(), window, (int) r.length());
      return;
    }
    long at = r.offset();
    long end = r.offset() + r.length();
    while (at < end) {
      long extent = r.length() > SPARSE_READ_BYTES ? device.extent(at, end - at) : end - at;
      if (extent < 0) {
        out.hole(r.cookie(), at - extent == end, at, (int) -extent);
        at -= extent;
      } else {
        int part = (int) Math.min(extent, WINDOW_BYTES);
        device.read(at, window, 0, part);
        out.data(r.cookie(), at + part == end, at, window, part);
        at += part;
      }
    }
  }

  /**
   * Without chunks nothing may be said before everything could be read. What is larger than the
   * window is read twice, so that a client cannot make the server hold it.
   */
  private void readSimple(Request r) throws IOException {
    long end = r.offset() + r.length();
    if (r.length() > WINDOW_BYTES) {
      for (long at = r.offset(); at < end; at += WINDOW_BYTES) {
        device.read(at, window, 0, (int) Math.min(WINDOW_BYTES, end - at));
      }
    }
    for (long at = r.offset(); at < end; at += WINDOW_BYTES) {
      int part = (int) Math.min(WINDOW_BYTES, end - at);
      boolean begun = at > r.offset();
      try {
        device.read(at, window, 0, part);
      } catch (IOException e) {
        throw begun ? new ReplyFailedException(e) : e;
      }
      if (!begun) {
        out.simple(r.cookie(), 0);
      }
      out.raw(window, 0, part);
    }
  }

  private void blockStatus(Request r) throws IOException {
    int most = r.has(Nbd.CMD_FLAG_REQ_ONE) ? 1 : MAX_EXTENTS;
    int[] pairs = new int[2 * most];
    int count = 0;
    long at = r.offset();
    long end = r.offset() + r.length();
    while (at < end && count < most) {
      long extent = device.extent(at, end - at);
      pairs[2 * count] = (int) Math.abs(extent);
      pairs[2 * count + 1] = extent < 0 ? Nbd.STATE_HOLE | Nbd.STATE_ZERO : 0;
      at += Math.abs(extent);
      count++;
    }
    out.blockStatus(r.cookie(), pairs, count);
  }
}
